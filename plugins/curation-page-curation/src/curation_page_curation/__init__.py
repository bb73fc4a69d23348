"""WF7, page curation: a page is fetched politely, and what it says about itself and whom to contact is kept."""
