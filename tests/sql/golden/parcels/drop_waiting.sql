-- $1: item
DELETE
FROM curation.claim
WHERE curation.claim.workflow = 'parcels'
AND curation.claim.item = ANY ($1::TEXT[])
AND curation.claim.worker IS NULL;
