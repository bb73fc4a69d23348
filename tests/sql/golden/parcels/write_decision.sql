-- $1: item
UPDATE stock.parcels
SET wanted='Maybe'
WHERE (stock.parcels.depot, stock.parcels.number) IN (SELECT CAST((CAST(curation_listed.item AS JSONB) ->> 0) AS text)
    AS anon_1, CAST((CAST(curation_listed.item AS JSONB) ->> 1) AS bigint) AS anon_2
  FROM unnest($1::TEXT[]) AS curation_listed(item));
