"""What is said to somebody who is to trust code."""

WARNING = (
    "Code can do anything that you can: read, change and delete your files, and send them elsewhere. "
    "Trust it only if you understand it or know who wrote it. The trust ends when a character changes."
)
