SELECT EXISTS (SELECT curation.claim.item
  FROM curation.claim
  WHERE curation.claim.workflow = 'parcels'
  AND curation.claim.worker IS NULL
  AND curation.claim.retry_at <= statement_timestamp()
  AND curation.claim.lost >= 2) AS due;
