"""Control charts over a plant's signals: kernels, limits that keep an alarm budget, and what else moved."""
