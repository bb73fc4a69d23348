DELETE
FROM curation.claim
WHERE curation.claim.workflow = 'page-curation'
AND curation.claim.worker IS NULL
AND curation.claim.retry_at <= statement_timestamp()
AND (SELECT true AS anon_1
  FROM pages
  WHERE pages.id = CAST((CAST(curation.claim.item AS JSONB) ->> 0) AS bigint)
  AND pages.status IS NOT DISTINCT FROM 'Queued'
  AND pages.curation = 'Selected') IS NULL
RETURNING curation.claim.item;
