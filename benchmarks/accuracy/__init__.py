"""How good the answers are, beside those of other libraries on the same rows: docs/accuracy.md."""
