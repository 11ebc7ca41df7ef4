"""Charts as SVG made here: they print, need no script, and read out loud."""
