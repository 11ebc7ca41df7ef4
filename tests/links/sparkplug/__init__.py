"""Sparkplug B is tested against protobuf, an independent edge node, and a real broker."""
