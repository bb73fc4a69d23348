-- $1: workflows
SELECT pg_notify('curation', $1::VARCHAR) AS pg_notify_1;
