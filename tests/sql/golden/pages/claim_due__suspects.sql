-- $1: worker
WITH curation_due AS (SELECT pages.id AS id, curation_waiting.item AS curation_item
  FROM curation.claim AS curation_waiting
  JOIN pages ON pages.id = CAST((CAST(curation_waiting.item AS JSONB) ->> 0) AS bigint)
  WHERE curation_waiting.workflow = 'page-curation'
  AND curation_waiting.worker IS NULL
  AND curation_waiting.retry_at <= statement_timestamp()
  AND curation_waiting.lost >= 2
  AND pages.status IS NOT DISTINCT FROM 'Queued'
  AND pages.curation = 'Selected'
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'page-curation'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY curation_waiting.retry_at
  LIMIT 100
  FOR NO KEY UPDATE OF curation_waiting, pages SKIP LOCKED),
curation_won AS (UPDATE curation.claim
  SET token=nextval('curation.claim_token'), worker=$1::UUID, attempt=(curation.claim.attempt + 1),
      claimed_at=statement_timestamp(), retry_at=NULL, error=NULL
  WHERE curation.claim.workflow = 'page-curation'
  AND curation.claim.item = ANY (array((SELECT curation_due.curation_item
        FROM curation_due)))
  RETURNING curation.claim.workflow, curation.claim.item, curation.claim.token, curation.claim.queueing,
      curation.claim.worker, curation.claim.attempt, curation.claim.lost, curation.claim.claimed_at,
      curation.claim.retry_at, curation.claim.error),
curation_moved AS (UPDATE pages
  SET status='Processing', error=NULL
  WHERE pages.id = ANY (array((SELECT curation_chosen.id
        FROM (SELECT curation_due.id AS id, curation_due.curation_item AS curation_item
          FROM curation_due, curation_won
          WHERE curation_due.curation_item = curation_won.item) AS curation_chosen)))
  RETURNING pages.id, pages.status, pages.error, pages.curation, pages.updated_at, CAST(CASE WHEN (pages.status IS NOT
      DISTINCT FROM 'Processing'
      AND pages.curation = 'Selected') THEN '0' ELSE concat('', CAST(jsonb_build_array(pages.id) AS TEXT), ': a trigger
          undoes its claim, or its claim makes `where` untrue') END AS INTEGER) AS curation_worked)
SELECT curation_moved.id, curation_moved.status, curation_moved.error, curation_moved.curation,
    curation_moved.updated_at, curation_won.item AS claim_item, curation_won.token AS claim_token, curation_won.queueing
    AS claim_queueing, curation_won.attempt AS claim_attempt, curation_won.lost AS claim_lost, curation_won.claimed_at
    AS claim_claimed_at
FROM curation_moved
JOIN curation_won ON CAST(jsonb_build_array(curation_moved.id) AS TEXT) = curation_won.item;
