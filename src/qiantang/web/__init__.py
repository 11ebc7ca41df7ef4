"""The pages people see: drawn by kind from what domains declare; knows no domain by name."""
