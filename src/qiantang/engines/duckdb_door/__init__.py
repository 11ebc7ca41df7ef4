"""The door in DuckDB: sheets in; typed rows, quarantined cells and new vintages out."""
