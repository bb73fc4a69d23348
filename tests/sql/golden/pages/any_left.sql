SELECT EXISTS (SELECT pages.status
  FROM pages
  WHERE pages.status = 'Queued'
  AND pages.curation = 'Selected'
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'page-curation'
      AND curation.control.paused_until > statement_timestamp()))) AS "left";
