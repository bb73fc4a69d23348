-- $1: item
UPDATE pages
SET status=NULL, curation='Not a Fit'
WHERE pages.id = ANY (array((SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS bigint) AS anon_1
      FROM unnest($1::TEXT[]) AS curation_listed(item))));
