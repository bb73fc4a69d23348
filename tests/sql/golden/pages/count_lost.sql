SELECT count(*) AS lost
FROM curation.claim
LEFT OUTER JOIN curation.worker ON curation.claim.worker = curation.worker.id
WHERE curation.claim.workflow = 'page-curation'
AND curation.claim.worker IS NOT NULL
AND (curation.worker.id IS NULL
  OR curation.worker.heartbeat_at < statement_timestamp() - curation.worker.lost_after);
