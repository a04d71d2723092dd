"""The local Prefect server, the connection to any, what a flow run shows there."""
