"""Bytes → tables, whole or some rows at a time."""
