"""An open industry brain for an innovation district: facts, rulebooks, findings, actions."""

__version__ = "0.1.0"
