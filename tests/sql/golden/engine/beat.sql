-- $1: worker
UPDATE curation.worker
SET heartbeat_at=statement_timestamp()
WHERE curation.worker.id = $1::UUID
RETURNING curation.worker.id;
