"""What transforms do: each takes a whole batch, and random ones a draw for every sample."""
