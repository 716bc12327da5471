"""Figures: a graph, drawn as the canvas draws it, in a file for a paper, a page or a slide."""
