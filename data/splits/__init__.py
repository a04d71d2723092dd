"""Honest splits, folds, rows known by their content."""
