-- $1: worker
DELETE
FROM curation.worker
WHERE curation.worker.id = $1::UUID;
