"""The canvas: the graph as cards and curves, and every gesture on it."""
