"""The factory: what is going wrong on the line, why, and who mends it; the district sees only what the plant publishes."""
