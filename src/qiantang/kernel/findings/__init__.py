"""Findings: what a rulebook says of each subject, why, what would change it, and what a reform would do."""
