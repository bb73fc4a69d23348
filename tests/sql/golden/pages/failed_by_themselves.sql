-- $1: item
SELECT CAST(jsonb_build_array(pages.id) AS TEXT) AS item, coalesce(CAST(pages.error AS TEXT), '') AS reason
FROM pages
WHERE pages.id = ANY (array((SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS bigint) AS anon_1
      FROM unnest($1::TEXT[]) AS curation_listed(item))))
AND pages.status IS NOT DISTINCT FROM 'Error';
