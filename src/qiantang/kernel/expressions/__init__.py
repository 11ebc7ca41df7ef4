"""The expression tree, its printers to SQL, and the Decimal evaluator that is their oracle."""
