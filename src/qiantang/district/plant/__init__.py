"""A plant at work: its node puts wires, log, order, charts, alarms and dispatch together; files and servers describe it."""
