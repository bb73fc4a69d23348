-- $1: reason
WITH curation_orphans AS (SELECT pages.id AS id, CAST(jsonb_build_array(pages.id) AS TEXT) AS curation_item
  FROM pages
  WHERE pages.status = 'Processing'
  AND (SELECT true AS anon_4
    FROM curation.claim
    WHERE curation.claim.workflow = 'page-curation'
    AND curation.claim.item = CAST(jsonb_build_array(pages.id) AS TEXT)) IS NULL
  LIMIT 100
  FOR NO KEY UPDATE SKIP LOCKED),
curation_adopted AS (INSERT INTO curation.claim (workflow, item, token, queueing, attempt, claimed_at, retry_at, error)
  SELECT 'page-curation' AS anon_1, curation_fresh.curation_item AS curation_item, curation_fresh.curation_token AS
      curation_token, curation_fresh.curation_token AS curation_token__1, 0 AS anon_2, statement_timestamp() AS
      statement_timestamp_1, statement_timestamp() AS statement_timestamp__1, $1::VARCHAR AS anon_3
  FROM (SELECT curation_orphans.curation_item AS curation_item, nextval('curation.claim_token') AS curation_token
    FROM curation_orphans) AS curation_fresh
  ON CONFLICT (workflow, item)
  DO NOTHING
  RETURNING curation.claim.item, curation.claim.token),
curation_moved AS (UPDATE pages
  SET status='Queued', error=CAST($1::VARCHAR AS character varying(1024))
  WHERE pages.id = ANY (array((SELECT curation_chosen.id
        FROM (SELECT curation_orphans.id AS id, curation_orphans.curation_item AS curation_item
          FROM curation_orphans, curation_adopted
          WHERE curation_adopted.item = curation_orphans.curation_item) AS curation_chosen)))
  RETURNING CAST(jsonb_build_array(pages.id) AS TEXT) AS item)
SELECT curation_adopted.item, curation_adopted.token
FROM curation_adopted, curation_moved
WHERE curation_adopted.item = curation_moved.item;
