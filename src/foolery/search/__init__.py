"""Search: MAP-Elites over classes (paper 2.2)."""
