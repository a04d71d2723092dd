"""The folder `.descent/`, locks, disk, memory, environment, databases that are copied."""
