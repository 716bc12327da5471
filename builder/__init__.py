"""The window: canvas, panels, dialogs, theme and actions; and the command line in `builder.cli`."""
