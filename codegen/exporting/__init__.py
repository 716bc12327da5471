"""What exports share, and the formats that need more than a few lines."""
