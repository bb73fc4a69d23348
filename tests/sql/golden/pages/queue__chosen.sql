-- $1: item
UPDATE pages
SET status='Queued', error=NULL
WHERE pages.id = ANY (array((SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS bigint) AS anon_1
      FROM unnest($1::TEXT[]) AS curation_listed(item))))
AND (pages.status IS NULL
  OR pages.status != 'Queued'
  AND pages.status != 'Processing')
RETURNING CAST(jsonb_build_array(pages.id) AS TEXT) AS item;
