"""What an experiment leaves in MLflow: a parent run, one nested run per variant, figures, tables, the model.

Everything goes into a folder of ``.descent/outbox/`` first (`outbox`), as plain values (`records`). A sender drains it
into MLflow (`sender`, `runs`, `values`), beside the training and again with ``descent sync`` (`sync`); each thing
arrives once, however often it is sent. Of these only `runs`, `values` and `system` import MLflow, when they are called.
"""
