"""The steps that material takes through the simulated plant, one file a step, and the stocks between them."""
