"""Wrong: its metadata asks for a curation-core that does not run. It must not even be imported."""

message = "imported"
raise RuntimeError(message)
