"""Other languages than English: catalogues of texts (gettext's .po), put in where texts leave the server."""
