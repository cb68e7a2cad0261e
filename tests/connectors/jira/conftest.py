"""Every test of the connector may have a Jira."""

from tests.connectors.jira.connected import pauses, tracker
from tests.connectors.jira.fixtures import atlassian_folder, jira_site, jira_site_of_today

__all__ = ["atlassian_folder", "jira_site", "jira_site_of_today", "pauses", "tracker"]
