"""Columns → the matrix that models see."""
