-- $1: wait
WITH curation_due AS (SELECT pages.id AS id, curation_waiting.item AS curation_item
  FROM curation.claim AS curation_waiting
  JOIN pages ON pages.id = CAST((CAST(curation_waiting.item AS JSONB) ->> 0) AS bigint)
  WHERE curation_waiting.workflow = 'page-curation'
  AND curation_waiting.worker IS NULL
  AND curation_waiting.retry_at <= statement_timestamp()
  AND curation_waiting.lost < 2
  AND pages.status IS NOT DISTINCT FROM 'Queued'
  AND pages.curation = 'Selected'
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'page-curation'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY curation_waiting.retry_at
  LIMIT 100
  FOR NO KEY UPDATE OF curation_waiting, pages SKIP LOCKED)
UPDATE curation.claim
SET retry_at=(statement_timestamp() + $1::INTERVAL)
WHERE curation.claim.workflow = 'page-curation'
AND curation.claim.item = ANY (array((SELECT curation_due.curation_item
      FROM curation_due)))
RETURNING curation.claim.item;
