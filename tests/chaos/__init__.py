"""What must hold whatever dies: lost 0, twice 0. `make chaos` runs it at full size."""
