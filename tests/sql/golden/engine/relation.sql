-- $1: name
SELECT pg_catalog.pg_class.oid, CAST(pg_catalog.pg_class.relkind AS TEXT) AS kind, EXISTS (SELECT
    pg_catalog.pg_inherits.inhparent
  FROM pg_catalog.pg_inherits
  WHERE pg_catalog.pg_inherits.inhparent = pg_catalog.pg_class.oid) AS inherited
FROM pg_catalog.pg_class
WHERE pg_catalog.pg_class.oid = CAST(to_regclass($1::VARCHAR) AS REGCLASS);
