"""A Jira to rehearse with: ``python -m connectors.jira.stand_in --port 8765 --project OPS``.

It prints the settings that connect with it, and a line that moves an issue, as people there would.
"""

import argparse
import json
import sys
import threading
from datetime import UTC, datetime

from connectors.jira.stand_in.server import running
from connectors.jira.stand_in.site import Site


def main() -> None:
    """Serve until interrupted; what it remembers is gone then."""
    parser = argparse.ArgumentParser(prog="python -m connectors.jira.stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--project", action="append", help="key of a project; default: OPS; may be repeated")
    options = parser.parse_args()
    with running(lambda: datetime.now(UTC), *(options.project or ["OPS"]), port=options.port) as site:
        lines = [f"export ELSEWHERE_JIRA_{name}={value}" for name, value in site.settings.items()]
        sys.stdout.write("\n".join([site.url, *lines, *how_to_move(site), ""]))
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


def how_to_move(site: Site) -> list[str]:
    """Return what to type in order to do as people in Jira do."""
    moves = ", ".join(f"{move.id} to {move.to}" for move in site.workflow.transitions)
    issue = f"{site.project.key}-1"
    data = json.dumps({"transition": {"id": "31"}})
    resource = f"{site.url}/rest/api/2/issue/{issue}/transitions"
    return [
        f"# {site.url}/browse/{issue} shows an issue. This moves it ({moves}):",
        f"curl -u {site.user}:{site.token} -H 'Content-Type: application/json' -X POST -d '{data}' {resource}",
    ]


if __name__ == "__main__":
    main()
