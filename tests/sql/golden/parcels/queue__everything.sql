UPDATE stock.parcels
SET state=0
WHERE stock.parcels.state IS NULL
OR stock.parcels.state != 0
AND stock.parcels.state != 1
AND stock.parcels.state != 2
RETURNING CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT) AS item;
