"""descent turns a table into a model that can be trusted."""
