-- $1: item
SELECT curation_asked.item AS asked, CAST(jsonb_build_array(pages.id) AS TEXT) AS item, true AS eligible, pages.status
    IS NOT DISTINCT FROM 'Queued'
OR pages.status IS NOT DISTINCT FROM 'Processing' AS busy
FROM unnest($1::TEXT[]) AS curation_asked(item)
JOIN pages ON pages.id = CAST((CAST(curation_asked.item AS JSONB) ->> 0) AS bigint)
WHERE true
ORDER BY pages.id
FOR NO KEY UPDATE OF pages;
