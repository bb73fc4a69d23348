UPDATE pages
SET status='Queued', error=NULL
WHERE pages.curation = 'Selected'
AND (pages.status IS NULL
  OR pages.status != 'Queued'
  AND pages.status != 'Processing'
  AND pages.status != 'Complete'
  AND pages.status != 'Filtered')
RETURNING CAST(jsonb_build_array(pages.id) AS TEXT) AS item;
