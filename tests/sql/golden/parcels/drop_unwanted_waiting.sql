DELETE
FROM curation.claim
WHERE curation.claim.workflow = 'parcels'
AND curation.claim.worker IS NULL
AND curation.claim.retry_at <= statement_timestamp()
AND (SELECT true AS anon_1
  FROM stock.parcels
  WHERE stock.parcels.depot = CAST((CAST(curation.claim.item AS JSONB) ->> 0) AS text)
  AND stock.parcels.number = CAST((CAST(curation.claim.item AS JSONB) ->> 1) AS bigint)
  AND stock.parcels.state IS NOT DISTINCT FROM 0) IS NULL
RETURNING curation.claim.item;
