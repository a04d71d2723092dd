"""Bias or variance, how sure, and what to do."""
