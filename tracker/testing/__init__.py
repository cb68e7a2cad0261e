"""Ships to authors of connectors: contract suites that every connector passes."""
