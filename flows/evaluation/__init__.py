"""Folds, the choice, the refit, the one test, what every model has to beat."""
