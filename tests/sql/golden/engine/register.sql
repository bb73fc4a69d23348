-- $1: id
-- $2: host
-- $3: pid
-- $4: version
-- $5: workflows
-- $6: lost_after
INSERT INTO curation.worker (id, host, pid, version, workflows, started_at, heartbeat_at, lost_after)
VALUES ($1::UUID, $2::VARCHAR, $3::INTEGER, $4::VARCHAR, $5::TEXT[], statement_timestamp(), statement_timestamp(),
    $6::INTERVAL);
