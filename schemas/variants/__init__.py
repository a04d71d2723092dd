"""From a search to its variants."""
