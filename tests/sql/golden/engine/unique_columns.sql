-- $1: oid
SELECT (SELECT array_agg(CAST(pg_catalog.pg_attribute.attname AS TEXT)) AS array_agg_1
  FROM pg_catalog.pg_attribute
  WHERE pg_catalog.pg_attribute.attrelid = pg_catalog.pg_index.indrelid
  AND pg_catalog.pg_attribute.attnum = any(CAST(pg_catalog.pg_index.indkey AS SMALLINT[]))) AS names
FROM pg_catalog.pg_index
WHERE pg_catalog.pg_index.indrelid = $1::OID
AND pg_catalog.pg_index.indisunique
AND pg_catalog.pg_index.indpred IS NULL;
