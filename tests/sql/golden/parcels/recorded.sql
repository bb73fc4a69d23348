-- $1: item
-- $2: token
SELECT curation.attempt.token, curation.attempt.outcome
FROM curation.attempt
WHERE curation.attempt.workflow = 'parcels'
AND curation.attempt.item = ANY ($1::TEXT[])
AND curation.attempt.token = ANY ($2::BIGINT[]);
