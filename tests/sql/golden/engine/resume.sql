-- $1: workflow
UPDATE curation.control
SET paused_until=NULL, paused_by=NULL, reason=NULL, changed_at=statement_timestamp()
WHERE curation.control.workflow = $1::VARCHAR
AND curation.control.paused_until > statement_timestamp()
RETURNING curation.control.workflow;
