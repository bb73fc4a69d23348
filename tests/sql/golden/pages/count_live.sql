-- $1: worker
SELECT count(*) AS items, count(DISTINCT curation.claim.worker) FILTER (WHERE curation.claim.worker != $1::UUID) AS
    others
FROM curation.claim
WHERE curation.claim.workflow = 'page-curation'
AND curation.claim.worker IS NOT NULL;
