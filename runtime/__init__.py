"""Training: plan, data, engine, checkpoints and runs."""
