"""A Jira to rehearse with: ``python -m connectors.jira.stand_in --port 8765 --project OPS``."""

import argparse
import sys
import threading
from datetime import UTC, datetime

from connectors.jira.stand_in.server import running


def main() -> None:
    """Serve until interrupted; what it remembers is gone then."""
    parser = argparse.ArgumentParser(prog="python -m connectors.jira.stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--project", action="append", help="key of a project; default: OPS; may be repeated")
    options = parser.parse_args()
    with running(lambda: datetime.now(UTC), *(options.project or ["OPS"]), port=options.port) as site:
        lines = [f"export ELSEWHERE_JIRA_{name}={value}" for name, value in site.settings.items()]
        sys.stdout.write("\n".join([site.url, *lines, ""]))
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
