"""The domains of the district, each told in facts, rulebooks, findings and actions; none imports another."""
