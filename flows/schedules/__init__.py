"""Retraining on a schedule: deployments of the flow `retrain` on a Prefect server, and the worker that runs them."""
