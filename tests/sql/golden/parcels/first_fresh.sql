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
  FOR NO KEY UPDATE SKIP LOCKED)
SELECT curation_seen.curation_item, CAST(curation_seen.rank AS TEXT) AS last_0, CAST(curation_seen.due AS TEXT) AS
    last_1, CAST(curation_seen.depot AS TEXT) AS last_2, CAST(curation_seen.number AS TEXT) AS last_3
FROM curation_seen;
