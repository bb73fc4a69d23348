-- $1: item
-- $2: token
-- $3: worker
SELECT EXISTS (SELECT curation.claim.item
  FROM curation.claim
  JOIN pages ON pages.id = CAST((CAST(curation.claim.item AS JSONB) ->> 0) AS bigint)
  WHERE curation.claim.workflow = 'page-curation'
  AND curation.claim.item = $1::VARCHAR
  AND curation.claim.token = $2::BIGINT
  AND curation.claim.worker IS NOT DISTINCT FROM $3::UUID
  AND pages.status IS NOT DISTINCT FROM 'Processing') AS held;
