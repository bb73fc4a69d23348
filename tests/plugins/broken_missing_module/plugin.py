"""Wrong: the entry point names the module plugins, and this is plugin."""
