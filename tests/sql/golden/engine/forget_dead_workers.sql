-- $1: lost_after
DELETE
FROM curation.worker
WHERE curation.worker.heartbeat_at < statement_timestamp() - $1::INTERVAL
AND NOT (EXISTS (SELECT curation.claim.item
    FROM curation.claim
    WHERE curation.claim.worker = curation.worker.id));
