"""Bias, variance, advice: what is measured for it."""
