"""Following a page as a reader would."""
