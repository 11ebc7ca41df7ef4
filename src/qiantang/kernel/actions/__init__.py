"""A finding becomes a case with one owner and one deadline; every step is kept in a log that cannot be rewritten."""
