SELECT curation.control.workflow, CAST(EXTRACT(epoch
    FROM curation.control.paused_until - statement_timestamp()) AS DOUBLE PRECISION) AS "left"
FROM curation.control
WHERE curation.control.paused_until > statement_timestamp()
AND isfinite(curation.control.paused_until);
