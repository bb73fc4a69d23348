-- $1: worker
SELECT curation.claim.item AS claim_item, curation.claim.token AS claim_token, curation.claim.queueing AS
    claim_queueing, curation.claim.attempt AS claim_attempt, curation.claim.lost AS claim_lost,
    curation.claim.claimed_at AS claim_claimed_at
FROM curation.claim
WHERE curation.claim.workflow = 'parcels'
AND curation.claim.worker = $1::UUID;
