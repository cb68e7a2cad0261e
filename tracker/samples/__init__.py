"""Shows: an invented company, its postmortems, catalog and patterns, for the demo and the tutorial."""
