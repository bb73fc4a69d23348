"""WF6, sitemap import: a sitemap file becomes pages, each with a category and a priority."""
