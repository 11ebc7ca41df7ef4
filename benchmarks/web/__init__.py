"""The web measured: pages at a district's size, many users, walls, a real browser."""
