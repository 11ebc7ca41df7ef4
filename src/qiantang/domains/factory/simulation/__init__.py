"""A synthetic tire plant that runs: material flow, faults with known causes, people who mend, and the readings of its signals."""
