SELECT count(*) AS orphans
FROM stock.parcels
WHERE stock.parcels.state = 1
AND (SELECT true AS anon_1
  FROM curation.claim
  WHERE curation.claim.workflow = 'parcels'
  AND curation.claim.item = CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT)) IS NULL;
