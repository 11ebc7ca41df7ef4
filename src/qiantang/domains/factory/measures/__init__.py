"""What a plant is measured by: OEE, takt and cycle, energy and yield, capability, and where each piece comes from."""
