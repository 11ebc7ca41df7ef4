"""What the wires are tried against."""

from tests.mosquitto import mosquitto

__all__ = ["mosquitto"]
