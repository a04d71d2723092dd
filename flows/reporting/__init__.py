"""The report of an experiment: one HTML file that needs no network and runs no script."""
