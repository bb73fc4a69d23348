-- $1: item
DELETE
FROM curation.claim
WHERE curation.claim.workflow = 'parcels'
AND curation.claim.item = ANY ($1::TEXT[])
AND num_nulls(curation.claim.worker) = 1;
