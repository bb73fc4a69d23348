SELECT EXISTS (SELECT stock.parcels.state
  FROM stock.parcels
  WHERE stock.parcels.state = 0
  AND NOT (EXISTS (SELECT *
      FROM curation.control
      WHERE curation.control.workflow = 'parcels'
      AND curation.control.paused_until > statement_timestamp()))) AS "left";
