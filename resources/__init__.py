"""Icons, themes, templates and data sets as files, read through `importlib.resources`."""
