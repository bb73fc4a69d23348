-- $1: after_0
-- $2: after_1
-- $3: worker
WITH curation_seen AS (SELECT pages.updated_at AS updated_at, pages.id AS id, CAST(jsonb_build_array(pages.id) AS TEXT)
    AS curation_item
  FROM pages
  WHERE pages.status = 'Queued'
  AND pages.curation = 'Selected'
  AND (pages.updated_at, pages.id) > (CAST($1::VARCHAR AS timestamp with time zone), CAST($2::VARCHAR AS bigint))
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'page-curation'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY pages.updated_at ASC, pages.id ASC
  LIMIT 100
  FOR NO KEY UPDATE SKIP LOCKED),
curation_won AS (INSERT INTO curation.claim (workflow, item, token, queueing, worker, attempt, claimed_at)
  SELECT curation_fresh.anon_1 AS anon_1, curation_fresh.curation_item AS curation_item, curation_fresh.curation_token
      AS curation_token, curation_fresh.curation_token AS curation_token__1, $3::UUID AS anon_2, 1 AS anon_3,
      statement_timestamp() AS statement_timestamp_1
  FROM (SELECT 'page-curation' AS anon_1, curation_seen.curation_item AS curation_item, nextval('curation.claim_token')
      AS curation_token
    FROM curation_seen) AS curation_fresh
  ON CONFLICT (workflow, item)
  DO NOTHING
  RETURNING curation.claim.workflow, curation.claim.item, curation.claim.token, curation.claim.queueing,
      curation.claim.worker, curation.claim.attempt, curation.claim.lost, curation.claim.claimed_at,
      curation.claim.retry_at, curation.claim.error),
curation_moved AS (UPDATE pages
  SET status='Processing', error=NULL
  WHERE pages.id = ANY (array((SELECT curation_chosen.id
        FROM (SELECT curation_seen.updated_at AS updated_at, curation_seen.id AS id, curation_seen.curation_item AS
            curation_item
          FROM curation_seen, curation_won
          WHERE curation_won.item = curation_seen.curation_item) AS curation_chosen)))
  RETURNING pages.id, pages.status, pages.error, pages.curation, pages.updated_at, CAST(CASE WHEN (pages.status IS NOT
      DISTINCT FROM 'Processing'
      AND pages.curation = 'Selected') THEN '0' ELSE concat('', CAST(jsonb_build_array(pages.id) AS TEXT), ': a trigger
          undoes its claim, or its claim makes `where` untrue') END AS INTEGER) AS curation_worked)
SELECT curation_moved.id, curation_moved.status, curation_moved.error, curation_moved.curation,
    curation_moved.updated_at, curation_won.item AS claim_item, curation_won.token AS claim_token, curation_won.queueing
    AS claim_queueing, curation_won.attempt AS claim_attempt, curation_won.lost AS claim_lost, curation_won.claimed_at
    AS claim_claimed_at, curation_last.curation_scanned, CAST(curation_last.updated_at AS TEXT) AS last_0,
    CAST(curation_last.id AS TEXT) AS last_1
FROM (SELECT curation_numbered.updated_at AS updated_at, curation_numbered.id AS id, curation_numbered.curation_item AS
    curation_item, curation_numbered.curation_scanned AS curation_scanned
  FROM (SELECT curation_seen.updated_at AS updated_at, curation_seen.id AS id, curation_seen.curation_item AS
      curation_item, row_number() over () AS curation_scanned
    FROM curation_seen) AS curation_numbered
  ORDER BY curation_numbered.curation_scanned DESC
  LIMIT 1) AS curation_last
LEFT OUTER JOIN (curation_moved
  JOIN curation_won ON CAST(jsonb_build_array(curation_moved.id) AS TEXT) = curation_won.item) ON true;
