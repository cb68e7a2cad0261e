"""Ships to authors of connectors: contract suites that every connector passes. Needs pytest."""

import pytest

# Before the suites are imported, so that a broken promise shows the values that broke it.
pytest.register_assert_rewrite(
    *("tracker.testing.catalog_source", "tracker.testing.issue_tracker", "tracker.testing.postmortem_source")
)
