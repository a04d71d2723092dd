"""Figures of the documentation: each script measures one, and says in its docstring how to run it."""
