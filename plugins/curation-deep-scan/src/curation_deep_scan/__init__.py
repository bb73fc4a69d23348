"""WF2, deep scan: a row of ``places_staging`` becomes a row of ``local_businesses``, by one call of Place Details."""
