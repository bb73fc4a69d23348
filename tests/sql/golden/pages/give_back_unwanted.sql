-- $1: item
UPDATE pages
SET status='Queued'
WHERE pages.id = ANY (array((SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS bigint) AS anon_1
      FROM unnest($1::TEXT[]) AS curation_listed(item))))
AND pages.status IS NOT DISTINCT FROM 'Processing';
