-- $1: worker
WITH curation_seen AS (SELECT stock.parcels.rank AS rank, stock.parcels.due AS due, stock.parcels.depot AS depot,
    stock.parcels.number AS number, CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT) AS
    curation_item
  FROM stock.parcels
  WHERE stock.parcels.state = 0
  AND stock.parcels.rank IS NULL
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'parcels'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY stock.parcels.rank DESC, stock.parcels.due ASC, stock.parcels.depot ASC, stock.parcels.number ASC
  LIMIT 100
  FOR NO KEY UPDATE SKIP LOCKED),
curation_won AS (INSERT INTO curation.claim (workflow, item, token, queueing, worker, attempt, claimed_at)
  SELECT curation_fresh.anon_1 AS anon_1, curation_fresh.curation_item AS curation_item, curation_fresh.curation_token
      AS curation_token, curation_fresh.curation_token AS curation_token__1, $1::UUID AS anon_2, 1 AS anon_3,
      statement_timestamp() AS statement_timestamp_1
  FROM (SELECT 'parcels' AS anon_1, curation_seen.curation_item AS curation_item, nextval('curation.claim_token') AS
      curation_token
    FROM curation_seen) AS curation_fresh
  ON CONFLICT (workflow, item)
  DO NOTHING
  RETURNING curation.claim.workflow, curation.claim.item, curation.claim.token, curation.claim.queueing,
      curation.claim.worker, curation.claim.attempt, curation.claim.lost, curation.claim.claimed_at,
      curation.claim.retry_at, curation.claim.error),
curation_moved AS (UPDATE stock.parcels
  SET state=1
  WHERE (stock.parcels.depot, stock.parcels.number) IN (SELECT curation_chosen.depot, curation_chosen.number
    FROM (SELECT curation_seen.rank AS rank, curation_seen.due AS due, curation_seen.depot AS depot,
        curation_seen.number AS number, curation_seen.curation_item AS curation_item
      FROM curation_seen, curation_won
      WHERE curation_won.item = curation_seen.curation_item) AS curation_chosen)
  RETURNING stock.parcels.depot, stock.parcels.number, stock.parcels.state, stock.parcels.rank, stock.parcels.due,
      CAST(CASE WHEN (stock.parcels.state IS NOT DISTINCT FROM 1) THEN '0' ELSE concat('',
      CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT), ': a trigger undoes its claim, or its
      claim makes `where` untrue') END AS INTEGER) AS curation_worked)
SELECT curation_moved.depot, curation_moved.number, curation_moved.state, curation_moved.rank, curation_moved.due,
    curation_won.item AS claim_item, curation_won.token AS claim_token, curation_won.queueing AS claim_queueing,
    curation_won.attempt AS claim_attempt, curation_won.lost AS claim_lost, curation_won.claimed_at AS claim_claimed_at,
    curation_last.curation_scanned, CAST(curation_last.rank AS TEXT) AS last_0, CAST(curation_last.due AS TEXT) AS
    last_1, CAST(curation_last.depot AS TEXT) AS last_2, CAST(curation_last.number AS TEXT) AS last_3
FROM (SELECT curation_numbered.rank AS rank, curation_numbered.due AS due, curation_numbered.depot AS depot,
    curation_numbered.number AS number, curation_numbered.curation_item AS curation_item,
    curation_numbered.curation_scanned AS curation_scanned
  FROM (SELECT curation_seen.rank AS rank, curation_seen.due AS due, curation_seen.depot AS depot, curation_seen.number
      AS number, curation_seen.curation_item AS curation_item, row_number() over () AS curation_scanned
    FROM curation_seen) AS curation_numbered
  ORDER BY curation_numbered.curation_scanned DESC
  LIMIT 1) AS curation_last
LEFT OUTER JOIN (curation_moved
  JOIN curation_won ON CAST(jsonb_build_array(curation_moved.depot, curation_moved.number) AS TEXT) = curation_won.item)
      ON true;
