INSERT INTO curation.control (workflow)
VALUES ('parcels')
ON CONFLICT (workflow)
DO UPDATE
SET workflow = curation.control.workflow;
