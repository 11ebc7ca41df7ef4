"""The kernel knows no domain, no driver and no network."""
