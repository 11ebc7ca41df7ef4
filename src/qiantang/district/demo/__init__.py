"""The demonstration district: a seeded folder of workbooks as departments would keep them, calibrated and synthetic."""
