"""Where tables are computed; each engine stands behind the kernel's port."""
