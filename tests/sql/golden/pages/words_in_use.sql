-- $1: name
SELECT anon_1.word
FROM (SELECT CAST(pages.status AS TEXT) AS word
  FROM pages
  LIMIT 1000) AS anon_1 UNION
SELECT unnest(CAST(CAST(pg_catalog.pg_stats.most_common_vals AS TEXT) AS TEXT[])) AS unnest_1
FROM pg_catalog.pg_class
JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace
JOIN pg_catalog.pg_stats ON pg_catalog.pg_stats.schemaname = pg_catalog.pg_namespace.nspname
WHERE pg_catalog.pg_class.oid = CAST(to_regclass($1::VARCHAR) AS REGCLASS)
AND pg_catalog.pg_stats.tablename = pg_catalog.pg_class.relname
AND pg_catalog.pg_stats.attname = 'status';
