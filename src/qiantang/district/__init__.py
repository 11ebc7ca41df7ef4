"""One district put together: its settings, the assembly of all parts, and the demonstration district."""
