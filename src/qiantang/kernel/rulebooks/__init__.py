"""Rulebooks: one regulation or policy as criteria over facts, with dated and sourced parameters."""
