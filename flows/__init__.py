"""Orchestration and memory: the experiment as a Prefect flow, recorded in MLflow."""
