-- $1: oid
-- $2: attnum_1
SELECT CAST(pg_catalog.pg_attribute.attname AS TEXT) AS name, format_type(pg_catalog.pg_attribute.atttypid,
    pg_catalog.pg_attribute.atttypmod) AS type, CAST(pg_catalog.pg_type.typcategory AS TEXT) AS category,
    CAST(pg_catalog.pg_attribute.atttypid AS OID) AS oid, pg_catalog.pg_attribute.attnotnull AS required, (SELECT
    array_agg(CAST(pg_catalog.pg_enum.enumlabel AS TEXT)
    ORDER BY pg_catalog.pg_enum.enumsortorder) AS array_agg_1
  FROM pg_catalog.pg_enum
  WHERE pg_catalog.pg_enum.enumtypid = pg_catalog.pg_type.oid) AS labels
FROM pg_catalog.pg_attribute
JOIN pg_catalog.pg_type ON pg_catalog.pg_type.oid = pg_catalog.pg_attribute.atttypid
WHERE pg_catalog.pg_attribute.attrelid = $1::OID
AND pg_catalog.pg_attribute.attnum > $2::INTEGER
AND NOT pg_catalog.pg_attribute.attisdropped
ORDER BY pg_catalog.pg_attribute.attnum;
