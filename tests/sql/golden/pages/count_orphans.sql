SELECT count(*) AS orphans
FROM pages
WHERE pages.status = 'Processing'
AND (SELECT true AS anon_1
  FROM curation.claim
  WHERE curation.claim.workflow = 'page-curation'
  AND curation.claim.item = CAST(jsonb_build_array(pages.id) AS TEXT)) IS NULL;
