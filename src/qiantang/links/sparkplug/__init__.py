"""Sparkplug B: payloads to and from columns, the host application that consumes edges, and an edge node that stores and forwards."""
