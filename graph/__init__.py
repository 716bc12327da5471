"""What the user drew and what it means: document, edits, layer catalogue, shapes, problems, project file."""
