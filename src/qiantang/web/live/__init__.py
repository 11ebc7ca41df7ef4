"""How things are right now: frames of a wall by socket, figures and alarms by event stream, encoded once for all who watch."""
