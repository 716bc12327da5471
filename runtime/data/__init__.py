"""Training data: sources, splits, transforms and the batch feed."""
