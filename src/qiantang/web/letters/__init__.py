"""Letters on paper: one page of A4 after the figures of GB/T 9704-2012, as PDF."""
