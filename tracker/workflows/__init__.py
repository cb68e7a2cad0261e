"""Does: one file per use case; load, decide, save."""
