"""Wrong: it is not Python."""

return
