-- $1: item
-- $2: token
-- $3: worker
SELECT EXISTS (SELECT curation.claim.item
  FROM curation.claim
  JOIN stock.parcels ON stock.parcels.depot = CAST((CAST(curation.claim.item AS JSONB) ->> 0) AS text)
  AND stock.parcels.number = CAST((CAST(curation.claim.item AS JSONB) ->> 1) AS bigint)
  WHERE curation.claim.workflow = 'parcels'
  AND curation.claim.item = $1::VARCHAR
  AND curation.claim.token = $2::BIGINT
  AND curation.claim.worker IS NOT DISTINCT FROM $3::UUID
  AND stock.parcels.state IS NOT DISTINCT FROM 1) AS held;
