-- $1: oid
SELECT CAST(pg_catalog.pg_constraint.conname AS TEXT) AS name, CAST(pg_catalog.pg_attribute.attname AS TEXT) AS
    "column", pg_get_constraintdef(pg_catalog.pg_constraint.oid) AS definition
FROM pg_catalog.pg_constraint
JOIN pg_catalog.pg_attribute ON pg_catalog.pg_attribute.attrelid = pg_catalog.pg_constraint.conrelid
WHERE pg_catalog.pg_constraint.conrelid = $1::OID
AND CAST(pg_catalog.pg_constraint.contype AS TEXT) = 'c'
AND CAST(pg_catalog.pg_constraint.conkey AS SMALLINT[]) = array_append(CAST('{}' AS SMALLINT[]),
    pg_catalog.pg_attribute.attnum);
