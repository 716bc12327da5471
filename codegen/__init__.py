"""What was drawn, as Python source, as a live module and as files."""
