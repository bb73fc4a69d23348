SELECT count(*) FILTER (WHERE curation.claim.worker IS NOT NULL) AS live, count(*) FILTER (WHERE curation.claim.worker
    IS NULL) AS waiting, EXTRACT(epoch
  FROM statement_timestamp() - (min(curation.claim.claimed_at) FILTER (WHERE curation.claim.worker IS NOT NULL))) AS
      oldest, EXTRACT(epoch
  FROM min(curation.claim.retry_at) - statement_timestamp()) AS next_retry
FROM curation.claim
WHERE curation.claim.workflow = 'parcels';
