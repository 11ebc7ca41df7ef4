"""Facts: columns, tables, dossiers, and the door they come in by."""
