"""Templates: written, linted, decided, shown, and opened again."""
