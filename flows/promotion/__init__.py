"""From a challenger to a champion: only when it is really better, on rows that neither has learned from."""
