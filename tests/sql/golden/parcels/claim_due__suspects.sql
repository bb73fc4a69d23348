-- $1: worker
WITH curation_due AS (SELECT stock.parcels.depot AS depot, stock.parcels.number AS number, curation_waiting.item AS
    curation_item
  FROM curation.claim AS curation_waiting
  JOIN stock.parcels ON stock.parcels.depot = CAST((CAST(curation_waiting.item AS JSONB) ->> 0) AS text)
  AND stock.parcels.number = CAST((CAST(curation_waiting.item AS JSONB) ->> 1) AS bigint)
  WHERE curation_waiting.workflow = 'parcels'
  AND curation_waiting.worker IS NULL
  AND curation_waiting.retry_at <= statement_timestamp()
  AND curation_waiting.lost >= 2
  AND stock.parcels.state IS NOT DISTINCT FROM 0
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'parcels'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY curation_waiting.retry_at
  LIMIT 100
  FOR NO KEY UPDATE OF curation_waiting, parcels SKIP LOCKED),
curation_won AS (UPDATE curation.claim
  SET token=nextval('curation.claim_token'), worker=$1::UUID, attempt=(curation.claim.attempt + 1),
      claimed_at=statement_timestamp(), retry_at=NULL, error=NULL
  WHERE curation.claim.workflow = 'parcels'
  AND curation.claim.item = ANY (array((SELECT curation_due.curation_item
        FROM curation_due)))
  RETURNING curation.claim.workflow, curation.claim.item, curation.claim.token, curation.claim.queueing,
      curation.claim.worker, curation.claim.attempt, curation.claim.lost, curation.claim.claimed_at,
      curation.claim.retry_at, curation.claim.error),
curation_moved AS (UPDATE stock.parcels
  SET state=1
  WHERE (stock.parcels.depot, stock.parcels.number) IN (SELECT curation_chosen.depot, curation_chosen.number
    FROM (SELECT curation_due.depot AS depot, curation_due.number AS number, curation_due.curation_item AS curation_item
      FROM curation_due, curation_won
      WHERE curation_due.curation_item = curation_won.item) AS curation_chosen)
  RETURNING stock.parcels.depot, stock.parcels.number, stock.parcels.state, stock.parcels.rank, stock.parcels.due,
      CAST(CASE WHEN (stock.parcels.state IS NOT DISTINCT FROM 1) THEN '0' ELSE concat('',
      CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT), ': a trigger undoes its claim, or its
      claim makes `where` untrue') END AS INTEGER) AS curation_worked)
SELECT curation_moved.depot, curation_moved.number, curation_moved.state, curation_moved.rank, curation_moved.due,
    curation_won.item AS claim_item, curation_won.token AS claim_token, curation_won.queueing AS claim_queueing,
    curation_won.attempt AS claim_attempt, curation_won.lost AS claim_lost, curation_won.claimed_at AS claim_claimed_at
FROM curation_moved
JOIN curation_won ON CAST(jsonb_build_array(curation_moved.depot, curation_moved.number) AS TEXT) = curation_won.item;
