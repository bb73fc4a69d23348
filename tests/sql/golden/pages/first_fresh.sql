WITH curation_seen AS (SELECT pages.updated_at AS updated_at, pages.id AS id, CAST(jsonb_build_array(pages.id) AS TEXT)
    AS curation_item
  FROM pages
  WHERE pages.status = 'Queued'
  AND pages.curation = 'Selected'
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'page-curation'
      AND curation.control.paused_until > statement_timestamp()))
  ORDER BY pages.updated_at ASC, pages.id ASC
  LIMIT 100
  FOR NO KEY UPDATE SKIP LOCKED)
SELECT curation_seen.curation_item, CAST(curation_seen.updated_at AS TEXT) AS last_0, CAST(curation_seen.id AS TEXT) AS
    last_1
FROM curation_seen;
