-- $1: wait
WITH curation_due AS (SELECT stock.parcels.depot AS depot, stock.parcels.number AS number, curation_waiting.item AS
    curation_item
  FROM curation.claim AS curation_waiting
  JOIN stock.parcels ON stock.parcels.depot = CAST((CAST(curation_waiting.item AS JSONB) ->> 0) AS text)
  AND stock.parcels.number = CAST((CAST(curation_waiting.item AS JSONB) ->> 1) AS bigint)
  WHERE curation_waiting.workflow = 'parcels'
  AND curation_waiting.worker IS NULL
  AND curation_waiting.retry_at <= statement_timestamp()
  AND curation_waiting.lost < 2
  AND stock.parcels.state IS NOT DISTINCT FROM 0
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'parcels'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY curation_waiting.retry_at
  LIMIT 100
  FOR NO KEY UPDATE OF curation_waiting, parcels SKIP LOCKED)
UPDATE curation.claim
SET retry_at=(statement_timestamp() + $1::INTERVAL)
WHERE curation.claim.workflow = 'parcels'
AND curation.claim.item = ANY (array((SELECT curation_due.curation_item
      FROM curation_due)))
RETURNING curation.claim.item;
