"""YAML, overrides and messages: the configuration as people write it."""
