"""An application with a lead pipeline. It owns the tables; curation-core's plugins work their status columns."""
