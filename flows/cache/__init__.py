"""What has been trained is kept in ``.descent/cache/`` and not trained again.

A variant's bits depend on its own settings, the rows and the code alone, not on the chunk that it was trained in
(`address`). So what comes of it is kept under a digest of those (`shelf`, `values`), and `executor` stands before the
engine and hands on only what is missing: in the sweep, on the folds, for the diagnosis and at the refit. Deleting the
folder costs time and nothing else.
"""
