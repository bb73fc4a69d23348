-- $1: change
-- $2: param_1
-- $3: param_2
-- $4: param_3
-- $5: param_5
-- $6: item
-- $7: worker
-- $8: token
UPDATE curation.claim
SET token=nextval('curation.claim_token'), worker=NULL, attempt=(curation.claim.attempt + CAST((($1::JSONB ->
    curation.claim.item) ->> $2::TEXT) AS INTEGER)), lost=(curation.claim.lost + CAST((($1::JSONB ->
    curation.claim.item) ->> $3::TEXT) AS SMALLINT)), retry_at=(statement_timestamp() + CAST((($1::JSONB ->
    curation.claim.item) ->> $4::TEXT) AS DOUBLE PRECISION) * CAST('1 second' AS INTERVAL)), error=nullif(($1::JSONB ->
    curation.claim.item) ->> $5::TEXT, '')
WHERE curation.claim.workflow = 'parcels'
AND curation.claim.item = ANY ($6::TEXT[])
AND curation.claim.worker IS NOT DISTINCT FROM $7::UUID
AND ((curation.claim.item, curation.claim.token) IN (SELECT curation_fenced.item, curation_fenced.token
    FROM unnest($6::TEXT[], $8::BIGINT[]) AS curation_fenced(item, token))) IS true
RETURNING curation.claim.item;
