"""Wrong: its METADATA is gone, and the module that the entry point names too."""
