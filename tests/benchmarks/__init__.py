"""Benchmarks: each module here has a `run` that gives figures beside a peer or a floor of the same run."""
