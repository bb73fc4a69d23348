-- $1: worker
-- $2: item
-- $3: token
-- $4: attempt
-- $5: claimed_at
-- $6: seconds
-- $7: outcome
-- $8: reason
INSERT INTO curation.attempt (workflow, worker, settled_at, item, token, attempt, claimed_at, seconds, outcome, reason)
SELECT 'page-curation' AS anon_1, $1::UUID AS anon_2, statement_timestamp() AS statement_timestamp_1,
    curation_ended.item, curation_ended.token, curation_ended.attempt, curation_ended.claimed_at,
    curation_ended.seconds, curation_ended.outcome, curation_ended.reason
FROM unnest($2::TEXT[], $3::BIGINT[], $4::INTEGER[], $5::TIMESTAMP WITH TIME ZONE[], $6::DOUBLE PRECISION[], $7::TEXT[],
    $8::TEXT[]) AS curation_ended(item, token, attempt, claimed_at, seconds, outcome, reason)
ON CONFLICT (workflow, item, token)
DO NOTHING;
