"""Fitted features as a few operations on arrays: what predicting needs, without scikit-learn.

scikit-learn's transformers check their input at every step and allocate a table for each; importing them takes seconds.
What they have learned are vectors and tables of numbers, which are stored as JSON and applied here to blocks of rows
that stay in the cache, operation for operation: the features are the same to the last bit.
"""
