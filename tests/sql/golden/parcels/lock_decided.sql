-- $1: item
SELECT curation_asked.item AS asked, CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT) AS item,
    stock.parcels.state IS NULL
OR stock.parcels.state IS NOT DISTINCT FROM -1 AS eligible, stock.parcels.state IS NOT DISTINCT FROM 0
OR stock.parcels.state IS NOT DISTINCT FROM 1 AS busy
FROM unnest($1::TEXT[]) AS curation_asked(item)
JOIN stock.parcels ON stock.parcels.depot = CAST((CAST(curation_asked.item AS JSONB) ->> 0) AS text)
AND stock.parcels.number = CAST((CAST(curation_asked.item AS JSONB) ->> 1) AS bigint)
WHERE true
ORDER BY stock.parcels.depot, stock.parcels.number
FOR NO KEY UPDATE OF parcels;
