"""One description of a model and its passes."""
