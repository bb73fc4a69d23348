-- $1: item
SELECT CAST(jsonb_build_array(stock.parcels.depot, stock.parcels.number) AS TEXT) AS item
FROM stock.parcels
WHERE (stock.parcels.depot, stock.parcels.number) IN (SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS text)
    AS anon_1, CAST((CAST(curation_listed.item AS JSONB) ->> 1) AS bigint) AS anon_2
  FROM unnest($1::TEXT[]) AS curation_listed(item))
AND stock.parcels.state IS NOT DISTINCT FROM 1;
