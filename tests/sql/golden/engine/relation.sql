-- $1: name
SELECT pg_catalog.pg_class.oid, CAST(pg_catalog.pg_class.relkind AS TEXT) AS kind
FROM pg_catalog.pg_class
WHERE pg_catalog.pg_class.oid = CAST(to_regclass($1::VARCHAR) AS REGCLASS);
