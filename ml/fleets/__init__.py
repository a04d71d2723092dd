"""Many variants trained together by gradient steps."""
