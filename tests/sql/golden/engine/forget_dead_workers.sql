DELETE
FROM curation.worker
WHERE curation.worker.heartbeat_at < statement_timestamp() - curation.worker.lost_after
AND NOT (EXISTS (SELECT curation.claim.item
    FROM curation.claim
    WHERE curation.claim.worker = curation.worker.id));
