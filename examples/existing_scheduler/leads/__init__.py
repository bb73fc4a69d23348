"""A back end whose schedulers are older than curation-core."""
