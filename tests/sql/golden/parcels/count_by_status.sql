SELECT CAST(stock.parcels.state AS TEXT) AS status, count(*) AS rows
FROM stock.parcels
GROUP BY stock.parcels.state;
