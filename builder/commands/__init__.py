"""What the `netloom` command can do, a module for each group of commands."""
