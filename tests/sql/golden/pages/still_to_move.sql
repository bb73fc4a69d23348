-- $1: item
SELECT CAST(jsonb_build_array(pages.id) AS TEXT) AS item
FROM pages
WHERE pages.id = ANY (array((SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS bigint) AS anon_1
      FROM unnest($1::TEXT[]) AS curation_listed(item))))
AND pages.status IS NOT DISTINCT FROM 'Processing'
AND pages.curation = 'Selected';
