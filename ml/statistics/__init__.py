"""Metrics, intervals, comparisons of predictions."""
