-- $1: reason
-- $2: item
WITH curation_orphans AS (SELECT stock.parcels.depot AS depot, stock.parcels.number AS number,
    CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT) AS curation_item
  FROM stock.parcels
  WHERE (stock.parcels.depot, stock.parcels.number) IN (SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS text)
      AS anon_4, CAST((CAST(curation_listed.item AS JSONB) ->> 1) AS bigint) AS anon_5
    FROM unnest($2::TEXT[]) AS curation_listed(item))
  AND stock.parcels.state IS NOT DISTINCT FROM 1
  AND (SELECT true AS anon_6
    FROM curation.claim
    WHERE curation.claim.workflow = 'parcels'
    AND curation.claim.item = CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT)) IS NULL
  LIMIT 100
  FOR NO KEY UPDATE SKIP LOCKED),
curation_adopted AS (INSERT INTO curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at, error)
  SELECT 'parcels' AS anon_1, curation_fresh.curation_item AS curation_item, curation_fresh.curation_token AS
      curation_token, curation_fresh.curation_token AS curation_token__1, 0 AS anon_2, statement_timestamp() AS
      statement_timestamp_1, statement_timestamp() AS statement_timestamp__1, $1::VARCHAR AS anon_3
  FROM (SELECT curation_orphans.curation_item AS curation_item, nextval('curation.claim_token') AS curation_token
    FROM curation_orphans) AS curation_fresh
  ON CONFLICT (workflow, item)
  DO NOTHING
  RETURNING curation.claim.item, curation.claim.token),
curation_moved AS (UPDATE stock.parcels
  SET state=0
  WHERE (stock.parcels.depot, stock.parcels.number) IN (SELECT curation_chosen.depot, curation_chosen.number
    FROM (SELECT curation_orphans.depot AS depot, curation_orphans.number AS number, curation_orphans.curation_item AS
        curation_item
      FROM curation_orphans, curation_adopted
      WHERE curation_adopted.item = curation_orphans.curation_item) AS curation_chosen)
  RETURNING CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT) AS item)
SELECT curation_adopted.item, curation_adopted.token
FROM curation_adopted, curation_moved
WHERE curation_adopted.item = curation_moved.item;
