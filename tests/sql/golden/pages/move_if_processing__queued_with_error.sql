-- $1: error
-- $2: item
UPDATE pages
SET status='Queued', error=CAST($1::JSONB ->> CAST(jsonb_build_array(pages.id) AS TEXT) AS character varying(1024))
WHERE pages.id = ANY (array((SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS bigint) AS anon_1
      FROM unnest($2::TEXT[]) AS curation_listed(item))))
AND pages.status IS NOT DISTINCT FROM 'Processing'
AND pages.curation = 'Selected'
RETURNING CAST(jsonb_build_array(pages.id) AS TEXT) AS item;
