SELECT CAST(curation.control.paused_until AS TEXT) AS paused_until, curation.control.paused_by, curation.control.reason
FROM curation.control
WHERE curation.control.workflow = 'page-curation'
AND curation.control.paused_until > statement_timestamp();
