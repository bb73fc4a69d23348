INSERT INTO curation.control (workflow)
VALUES ('page-curation')
ON CONFLICT (workflow)
DO UPDATE
SET workflow = curation.control.workflow;
