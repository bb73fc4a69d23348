SELECT curation.claim.workflow, curation.claim.item, curation.claim.token, curation.claim.queueing,
    curation.claim.worker, curation.claim.attempt, curation.claim.lost, curation.claim.claimed_at,
    curation.claim.retry_at, curation.claim.error, curation.worker.heartbeat_at, curation.worker.host,
    curation.worker.pid, EXISTS (SELECT curation_successor.id
  FROM curation.worker AS curation_successor
  WHERE left(CAST(curation_successor.id AS TEXT), 18) = left(CAST(curation.claim.worker AS TEXT), 18)
  AND curation_successor.id != curation.claim.worker
  AND NOT (curation_successor.id IS NULL
    OR curation_successor.heartbeat_at < statement_timestamp() - curation_successor.lost_after)) AS lives_on
FROM curation.claim
LEFT OUTER JOIN curation.worker ON curation.claim.worker = curation.worker.id
WHERE curation.claim.workflow = 'page-curation'
AND curation.claim.worker IS NOT NULL
AND (curation.worker.id IS NULL
  OR curation.worker.heartbeat_at < statement_timestamp() - curation.worker.lost_after)
ORDER BY curation.claim.worker, curation.claim.item
LIMIT 100
FOR UPDATE OF claim SKIP LOCKED;
