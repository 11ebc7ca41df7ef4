"""How figures, days and the shell's own words are said in each language."""
