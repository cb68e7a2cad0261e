"""Speaks to others: one folder per system; each imports `tracker.core` and nothing else of ours."""
