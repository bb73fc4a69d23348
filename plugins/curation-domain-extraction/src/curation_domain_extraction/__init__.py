"""WF3, domain extraction: a curated business's website becomes a pending domain."""
