-- $1: workflow
-- $2: duration
-- $3: to_timestamp_1
-- $4: by
-- $5: reason
-- $6: coalesce_1
INSERT INTO curation.control (workflow, paused_until, paused_by, reason, changed_at)
VALUES ($1::VARCHAR, coalesce(statement_timestamp() + $2::INTERVAL, to_timestamp($3::FLOAT)), $4::VARCHAR, $5::VARCHAR,
    statement_timestamp())
ON CONFLICT (workflow)
DO UPDATE
SET paused_until = excluded.paused_until, paused_by = excluded.paused_by, reason = excluded.reason, changed_at =
    excluded.changed_at
WHERE coalesce(curation.control.paused_until < excluded.paused_until, $6::BOOLEAN);
