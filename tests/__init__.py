"""The tests: small stories that mirror the house, room by room."""
