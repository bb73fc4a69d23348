-- $1: history_for
DELETE
FROM curation.attempt
WHERE curation.attempt.settled_at < statement_timestamp() - $1::INTERVAL;
