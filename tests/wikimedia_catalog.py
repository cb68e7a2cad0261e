"""Converts the tables of Wikimedia's production services to the neutral catalog format.

    python tests/wikimedia_catalog.py OUT.jsonl

reads ``catalogs/wikimedia/{services,edges}.csv`` in ``$ELSEWHERE_SHARED``, or in ``../shared`` beside the checkout.

====================  ==================================================================================
in the tables         in the catalog
====================  ==================================================================================
k8s-, lvs-service     ``component:default/NAME``, type ``service``; ``state`` is its lifecycle, ``group`` (which
                      clusters it is deployed to) its platform, the kind a tag
sites, page,          facts of the component, under the same names; an empty cell says nothing
encryption,
active_active
chart:NAME            ``pkg:generic/chart/NAME``
module:NAME:VERSION   ``pkg:generic/module/NAME``; the version is a fact of ``contains``
KIND:NAME, any other  ``resource:default/KIND.NAME`` of type KIND: clusters of Kafka, Cassandra, and so on; one
                      other has a name without KIND
mesh-listener         ``calls`` with the facts ``listener``, ``timeout_ms`` and ``retries``; a timeout of ``?`` (the
                      listener is defined nowhere) says nothing
external-service      ``uses`` of a resource
uses-chart            ``contains`` of the chart by the component
uses-module           ``contains`` of the module by the chart; also by each component that ``services.csv``
                      lists it for, as an SBOM would
====================  ==================================================================================

Descriptions are left out: the catalog has no place for them.

Covered is what the tables really list in full: each component's type; of Kubernetes services platform, what their mesh
calls say of listener and retries; all charts, and the modules in them. Not covered is ``calls:out``: a service may call
others past the mesh. So of a service without such a call nobody can tell, and it is not ruled out. ``contains`` of
components is not covered either: the tables know charts and modules, but no libraries.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADER = {
    "elsewhere": 1,
    "source": "wikimedia-tables",
    "kind": "declared",
    # The tables carry no date; this is that of the copy, so that the same tables make the same catalog.
    "observed_at": "2026-11-23T00:00:00Z",
}

UNITS = {"s": 1000, "ms": 1}
"""Milliseconds in each unit of a timeout."""

Row = dict[str, str]
Line = dict[str, Any]


def main() -> None:
    """Write the catalog to the file that the one argument names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    shared = Path(os.environ.get("ELSEWHERE_SHARED", Path(__file__).parents[2] / "shared"))
    folder = shared / "catalogs" / "wikimedia"
    lines = convert(rows(folder / "services.csv"), rows(folder / "edges.csv"))
    Path(sys.argv[1]).write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def rows(file: Path) -> list[Row]:
    """Return the rows of a table by column."""
    with file.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def convert(services: list[Row], edges: list[Row]) -> Iterator[Line]:
    """Yield the catalog's lines."""
    refs = {row["name"]: ref(row) for row in services}
    yield HEADER
    listed: set[str] = set()
    for row in services:
        if refs[row["name"]] not in listed:  # modules have a row for each version
            listed.add(refs[row["name"]])
            yield entity(row, refs[row["name"]])
        for module in filter(None, row["modules"].split("|")):
            yield contains(refs[row["name"]], f"module:{module}", refs)
    for row in edges:
        yield relation(row, refs)
    yield {"covers": "component:default/*", "for": ["attribute:type"]}
    for row in services:
        if row["kind"] == "k8s-service":
            facts = ["calls:fact:listener", "calls:fact:retries"]
            yield {"covers": refs[row["name"]], "for": ["attribute:platform", *facts]}
    yield {"covers": "pkg:generic/chart/*", "for": ["entities", "contains"]}


def ref(row: Row) -> str:
    """Return the ref of a row of ``services.csv``."""
    match row["kind"], row["name"].split(":"):
        case "k8s-service" | "lvs-service", [name]:
            return f"component:default/{name}"
        case ("chart" | "module") as kind, [_, name, *_]:
            return f"pkg:generic/{kind}/{name}"
        case _, name:
            return f"resource:default/{'.'.join(name)}"


def entity(row: Row, ref: str) -> Line:
    """Return the line of a service, package or resource."""
    if ref.startswith("pkg:"):
        return {"entity": ref}
    if ref.startswith("resource:"):
        kind, colon, _ = row["name"].partition(":")
        return {"entity": ref, "type": kind} if colon else {"entity": ref}
    said = {"lifecycle": row["state"], "platform": row["group"]}
    facts: Line = {name: row[name] == "True" for name in ("page", "encryption", "active_active") if row[name]}
    if row["sites"]:
        facts["sites"] = "|".join(sorted(row["sites"].split("|")))
    attributes = {name: value for name, value in said.items() if value}
    return {"entity": ref, "type": "service", **attributes, "tags": [row["kind"]], "facts": facts}


def relation(row: Row, refs: dict[str, str]) -> Line:
    """Return the line of a row of ``edges.csv``."""
    ends = {"from": refs[row["src"]], "to": refs[row["dst"]]}
    match row["type"]:
        case "mesh-listener":
            said = dict(one.split("=", 1) for one in row["attrs"].split(";"))
            facts: Line = {"listener": said["listener"], "retries": int(said["retries"])}
            if said["timeout"] != "?":
                facts["timeout_ms"] = milliseconds(said["timeout"])
            return {**ends, "relation": "calls", "facts": facts}
        case "external-service":
            return {**ends, "relation": "uses"}
        case "uses-chart" | "uses-module":
            return contains(ends["from"], row["dst"], refs)
    raise ValueError(row)


def contains(ref: str, package: str, refs: dict[str, str]) -> Line:
    """Return the line that something contains a chart (``chart:NAME``) or module (``module:NAME:VERSION``)."""
    _, _, *version = package.split(":")
    facts = {"facts": {"version": version[0]}} if version else {}
    return {"from": ref, "to": refs[package], "relation": "contains", **facts}


def milliseconds(duration: str) -> int:
    """Return a duration such as ``2.5s`` in milliseconds."""
    number = duration.rstrip("ms")
    return round(float(number) * UNITS[duration.removeprefix(number)])


if __name__ == "__main__":
    main()
