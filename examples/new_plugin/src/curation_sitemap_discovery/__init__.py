"""WF4, sitemap discovery. The workflow is in `curation_sitemap_discovery.plugin`."""
