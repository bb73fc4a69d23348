-- $1: item
-- $2: worker
-- $3: token
DELETE
FROM curation.claim
WHERE curation.claim.workflow = 'page-curation'
AND curation.claim.item = ANY ($1::TEXT[])
AND curation.claim.worker IS NOT DISTINCT FROM $2::UUID
AND ((curation.claim.item, curation.claim.token) IN (SELECT curation_fenced.item, curation_fenced.token
    FROM unnest($1::TEXT[], $3::BIGINT[]) AS curation_fenced(item, token))) IS true
RETURNING curation.claim.item;
