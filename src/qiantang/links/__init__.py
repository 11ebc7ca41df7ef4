"""Wires to the outside: files that people hand in and take away."""
