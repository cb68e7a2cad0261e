"""What is wrong with a catalog file is refused, whole, with the place and what was expected."""

import gzip
import json
import os
from pathlib import Path

import pytest

from connectors.jsonl_catalog import connect
from connectors.jsonl_catalog.lines import LONGEST_LINE
from tracker.core.errors import InvalidCatalog

HEADER = b'{"elsewhere": 1, "source": "s", "kind": "declared", "observed_at": "2026-11-02T04:15:00Z"}\n'


def refusal(tmp_path: Path, content: bytes) -> str:
    """Return the message for a file with this content, the file's name shortened."""
    file = tmp_path / "c.jsonl"
    file.write_bytes(content)
    with pytest.raises(InvalidCatalog) as refused:
        connect({}).read(str(file))
    message = str(refused.value)
    assert len(message) < 700
    assert message.isprintable()
    return message.replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        # The line
        (b"\xff\xfe", "c.jsonl:2: byte 1 of the line is not UTF-8; save the file as UTF-8"),
        (b"nonsense", "c.jsonl:2: not JSON: Expecting value (column 1)"),
        (b'{"entity": "component:a"', "c.jsonl:2: not JSON: Expecting ',' delimiter (column 25)"),
        (b'{"entity": "component:a\0"}', "c.jsonl:2: not JSON: Invalid control character at (column 24); the line holds a NUL byte"),
        (b"{} {}", "c.jsonl:2: not JSON: Extra data (column 4)"),
        (b"[1]", "c.jsonl:2: a line must be a JSON object {…}, not a list"),
        (b"null", "c.jsonl:2: a line must be a JSON object {…}, not null"),
        (b"7", "c.jsonl:2: a line must be a JSON object {…}, not the number 7"),
        (b'{"entity": "component:a", "entity": "component:b"}', "c.jsonl:2: the member 'entity' is given twice in one object"),
        (b'{"entity": "component:a", "facts": {"x": 1, "x": 1}}', "c.jsonl:2: the member 'x' is given twice in one object"),
        (b'{"entity": "component:a", "facts": {"x": NaN}}', "c.jsonl:2: NaN is not JSON; write null where a value is unset"),
        (b'{"entity": "component:a", "facts": {"x": -Infinity}}', "c.jsonl:2: -Infinity is not JSON"),
        (b'{"entity": "component:a", "facts": {"x": 1e999}}', "c.jsonl:2: the number 1e999 is beyond"),
        (b'{"entity": "component:a", "facts": {"x": 9223372036854775808}}', "c.jsonl:2: the number 9223372036854775808 does not fit"),
        (b'{"entity": "component:a", "facts": {"x": %s}}' % (b"9" * 9000), "c.jsonl:2: the number 9999"),
        (b"[" * 500_000, "c.jsonl:2: not a catalog line: its JSON is nested too deeply"),
        (b'{"facts":' * 100_000, "c.jsonl:2: not a catalog line: its JSON is nested too deeply"),
        (b'{"entity": "' + b"a" * LONGEST_LINE + b'"}', "c.jsonl:2: a line has at most 1,048,576 bytes, one object a line"),
        (b"{}", 'c.jsonl:2: a line must have "entity", or "from", "to" and "relation", or "covers" and "for"'),
        (b'{"comment": "x"}', 'c.jsonl:2: a line must have "entity"'),
        (HEADER, "c.jsonl:2: a second header; a file holds what one source says at one time"),
        # Entities
        (b'{"entity": "component:a", "teir": 1, "Owner": null}', "c.jsonl:2: unknown member 'teir', 'Owner'; known here: entity, type, lifecycle,"),
        (b'{"entity": "component:a", "relation": "calls"}', "c.jsonl:2: unknown member 'relation'"),
        (b'{"entity": 7}', "c.jsonl:2#/entity: must be a text, not the number 7"),
        (b'{"entity": ""}', "c.jsonl:2#/entity: '' must be 1 to 500 visible characters"),
        (b'{"entity": "checkout"}', "c.jsonl:2#/entity: 'checkout' is not an entity ref such as component:default/checkout"),
        (b'{"entity": "service:checkout"}', "c.jsonl:2#/entity: 'service:checkout' has the unknown kind 'service'"),
        (b'{"entity": "component:-a"}', "c.jsonl:2#/entity: 'component:-a': '-a' must be"),
        (b'{"entity": "pkg:pypi/redis@4.5"}', "c.jsonl:2#/entity: 'pkg:pypi/redis@4.5': name the package alone (pkg:pypi/redis)"),
        (b'{"entity": "pkg:generic/%s"}' % (b"a" * 600), "c.jsonl:2#/entity: 'pkg:generic/aaaa"),
        (b'{"entity": "pkg:generic/\\ud800"}', "c.jsonl:2#/entity: 'pkg:generic/\\ud800' must be 1 to 500 visible characters"),
        (b'{"entity": "component:a", "type": 7}', "c.jsonl:2#/type: must be a text, not the number 7"),
        (b'{"entity": "component:a", "platform": ["web"]}', "c.jsonl:2#/platform: must be a text, not a list"),
        (b'{"entity": "component:a", "lifecycle": "production "}', "c.jsonl:2#/lifecycle: 'production ' must be 1 to 200 visible characters without space around them"),
        (b'{"entity": "component:a", "tier": "1"}', "c.jsonl:2#/tier: must be an integer from 1 to 9, or null"),
        (b'{"entity": "component:a", "tier": true}', "c.jsonl:2#/tier: must be an integer"),
        (b'{"entity": "component:a", "tier": 1.0}', "c.jsonl:2#/tier: must be an integer"),
        (b'{"entity": "component:a", "tier": 0}', "c.jsonl:2#/tier: must be an integer"),
        (b'{"entity": "component:a", "tier": 10}', "c.jsonl:2#/tier: must be an integer"),
        (b'{"entity": "component:a", "owner": "payments"}', "c.jsonl:2#/owner: 'payments' is not an entity ref"),
        (b'{"entity": "component:a", "owner": "component:b"}', "c.jsonl:2#/owner: component:default/b cannot own; an owner is a group or a user"),
        (b'{"entity": "group:a", "owner": "group:a"}', "c.jsonl:2#/owner: group:default/a is related to itself"),
        (b'{"entity": "component:a", "tags": "java"}', "c.jsonl:2#/tags: must be a list, not a text"),
        (b'{"entity": "component:a", "tags": null}', "c.jsonl:2#/tags: must be a list, not null"),
        (b'{"entity": "component:a", "tags": ["java", 7]}', "c.jsonl:2#/tags/1: must be a text, not the number 7"),
        (b'{"entity": "component:a", "aliases": ["b"]}', "c.jsonl:2#/aliases/0: 'b' is not an entity ref"),
        (b'{"entity": "component:a", "facts": []}', "c.jsonl:2#/facts: must be an object of names and values, not a list"),
        (b'{"entity": "component:a", "facts": {"a/b~c": [1]}}', "c.jsonl:2#/facts/a~1b~0c: must be a text, number, true, false or null, not a list"),
        (b'{"entity": "component:a", "facts": {"x": {"y": 1}}}', "c.jsonl:2#/facts/x: must be a text, number, true, false or null, not an object"),
        (b'{"entity": "component:a", "facts": {"": 1}}', "c.jsonl:2#/facts/: '' must be 1 to 200 visible characters"),
        (b'{"entity": "component:a", "facts": {"\\u001b[31m": 1}}', "c.jsonl:2#/facts/\\x1b[31m: '\\x1b[31m' must be"),
        (b'{"entity": "component:a", "facts": {"x": "\\u0000"}}', "c.jsonl:2#/facts/x: '\\x00' holds a NUL or half a surrogate pair"),
        (b'{"entity": "component:a", "facts": {"x": "\\ud83d"}}', "c.jsonl:2#/facts/x: '\\ud83d' holds a NUL or half"),
        (b'{"entity": "component:a", "facts": {"x": "%s"}}' % (b"y" * 10_001), "c.jsonl:2#/facts/x: a text has at most 10,000 characters, this 10,001"),
        # Relations
        (b'{"from": "component:a", "to": "component:b"}', "c.jsonl:2: relation must be given"),
        (b'{"relation": "calls"}', "c.jsonl:2: from and to must be given"),
        (b'{"from": "component:a", "to": "component:b", "relation": "invokes"}', "c.jsonl:2#/relation: 'invokes' is not a relation, one of depends_on, calls,"),
        (b'{"from": "component:a", "to": "component:b", "relation": null}', "c.jsonl:2#/relation: must be a text, not null"),
        (b'{"from": "component:a", "to": "component:b", "relation": "calls", "fact": {}}', "c.jsonl:2: unknown member 'fact'; known here: from, to, relation, facts"),
        (b'{"from": "component:a", "to": "Component:Default/A", "relation": "calls"}', "c.jsonl:2#/to: component:default/a is related to itself"),
        (b'{"from": "group:a", "to": "component:b", "relation": "calls"}', "c.jsonl:2#/from: calls cannot leave from group:default/a, only from these kinds: component"),
        (b'{"from": "component:a", "to": "system:b", "relation": "owned_by"}', "c.jsonl:2#/to: system:default/b cannot own"),
        (b'{"from": "component:a", "to": "pkg:pypi/b", "relation": "contains", "facts": {"version": 4.10}}', 'c.jsonl:2#/facts/version: a version must be a text: as numbers, "4.10" and "4.1" are the same'),
        # Coverage
        (b'{"covers": "*"}', "c.jsonl:2: for must be given"),
        (b'{"covers": "*", "for": []}', "c.jsonl:2#/for: must name what was looked at"),
        (b'{"covers": "*", "for": "contains"}', "c.jsonl:2#/for: must be a list, not a text"),
        (b'{"covers": "*", "for": ["contains", "calls"]}', "c.jsonl:2#/for/1: 'calls' is not a coverage question: entities, attribute:NAME,"),
        (b'{"covers": "*", "for": ["attribute:colour"]}', "c.jsonl:2#/for/0: 'attribute:colour' is not a coverage question"),
        (b'{"covers": 7, "for": ["contains"]}', "c.jsonl:2#/covers: must be a text, not the number 7"),
        (b'{"covers": "checkout", "for": ["contains"]}', "c.jsonl:2#/covers: 'checkout' is not an entity ref"),
        (b'{"covers": "service:*", "for": ["contains"]}', "c.jsonl:2#/covers: 'service:*' has no known kind before its first colon"),
        (b'{"covers": "component:check*", "for": ["contains"]}', "c.jsonl:2#/covers: 'component:check*' names no namespace, as component:default/* does"),
        (b'{"covers": "component:default/[a*", "for": ["contains"]}', "c.jsonl:2#/covers: 'component:default/[a*' is not a glob such as component:default/*"),
        (b'{"covers": "component:default/a b*", "for": ["contains"]}', "c.jsonl:2#/covers: 'component:default/a b*' is not a glob"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused(tmp_path: Path, line: bytes, message: str) -> None:
    assert refusal(tmp_path, HEADER + line + b"\n").startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "c.jsonl: is empty; the first line must be the header"),
        (b"\n \n", "c.jsonl: is empty"),
        (b"\0\0\0\0", "c.jsonl:1: not JSON: Expecting value (column 1); the line holds a NUL byte"),
        ("{}".encode("utf-16"), "c.jsonl:1: byte 1 of the line is not UTF-8; save the file as UTF-8"),
        (b'{"entity": "component:a"}', "c.jsonl:1: the first line must be the header"),
        (b'\n{"elsewhere": 2, "sources": []}', "c.jsonl:2#/elsewhere: version 2 of the format is newer than this program, which reads 1"),
        (b'{"elsewhere": true}', "c.jsonl:1#/elsewhere: must be the version of the format, 1"),
        (b'{"elsewhere": "1"}', "c.jsonl:1#/elsewhere: must be the version"),
        (b'{"elsewhere": 0}', "c.jsonl:1#/elsewhere: must be the version"),
        (b'{"elsewhere": 1}', "c.jsonl:1: source and kind and observed_at must be given"),
        (HEADER.replace(b'"kind"', b'"kinds"'), "c.jsonl:1: unknown member 'kinds'; known here: elsewhere, source, kind, observed_at"),
        (HEADER.replace(b'"s"', b"7"), "c.jsonl:1#/source: must be a text, not the number 7"),
        (HEADER.replace(b'"s"', b'" "'), "c.jsonl:1#/source: ' ' must be 1 to 200 visible characters"),
        (HEADER.replace(b'"s"', b'"%s"' % (b"s" * 201)), "c.jsonl:1#/source: 'ssss"),
        (HEADER.replace(b'"declared"', b'""'), "c.jsonl:1#/kind: '' must be"),
        (HEADER.replace(b":00Z", b":00"), "c.jsonl:1#/observed_at: '2026-11-02T04:15:00' must be an ISO 8601 time with its offset"),
        (HEADER.replace(b"T04:15:00Z", b""), "c.jsonl:1#/observed_at: '2026-11-02' must be"),
        (HEADER.replace(b"-11-", b"-13-"), "c.jsonl:1#/observed_at: '2026-13-02T04:15:00Z' must be"),
        (HEADER.replace(b"2026-11-02T04:15:00Z", b"0001-01-01T00:00+23:59"), "c.jsonl:1#/observed_at: '0001-01-01T00:00+23:59' must be"),
        (HEADER.replace(b'"2026-11-02T04:15:00Z"', b"1793593020"), "c.jsonl:1#/observed_at: must be a text, not the number 1793593020"),
    ],
)  # fmt: skip
def test_a_file_without_a_right_header_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    assert refusal(tmp_path, content).startswith(message)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            [{"entity": "component:a"}, {"entity": "Component:A"}],
            "c.jsonl:3#/entity: component:default/a already names an entity, in c.jsonl:2",
        ),
        (
            [{"entity": "component:a"}, {"entity": "component:b", "aliases": ["component:c", "component:a"]}],
            "c.jsonl:3#/aliases/1: component:default/a already names an entity, in c.jsonl:2",
        ),
        (
            [{"entity": "component:a", "aliases": ["component:b"]}, {"entity": "component:b"}],
            "c.jsonl:3#/entity: component:default/b already names an entity, in c.jsonl:2",
        ),
        (
            [{"entity": f"component:{name}", "aliases": ["component:old"]} for name in "ab"],
            "c.jsonl:3#/aliases/0: component:default/old already names an entity, in c.jsonl:2",
        ),
        (
            [{"entity": "component:a", "aliases": ["component:a"]}],
            "c.jsonl:2#/aliases/0: component:default/a already names an entity, in c.jsonl:2",
        ),
    ],
)
def test_a_name_for_two_entities_is_refused(
    tmp_path: Path, lines: list[dict[str, object]], message: str
) -> None:
    content = HEADER + b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert refusal(tmp_path, content) == message


def test_a_line_is_counted_as_editors_count_them(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"\r\n" + HEADER + b"\n\nx").startswith("c.jsonl:5: not JSON")


@pytest.mark.parametrize("cut", [5, 20, -1])
def test_damaged_gzip_is_refused(tmp_path: Path, cut: int) -> None:
    assert refusal(tmp_path, gzip.compress(HEADER)[:cut]).startswith("c.jsonl: is damaged gzip (")


def test_gzip_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(HEADER * 20))
    content[12] ^= 0xFF
    assert refusal(tmp_path, bytes(content)).startswith("c.jsonl")


def test_an_endless_line_in_gzip_is_refused_before_it_is_held(tmp_path: Path) -> None:
    bomb = gzip.compress(HEADER + b" " * (100 * LONGEST_LINE))
    assert refusal(tmp_path, bomb) == "c.jsonl:2: a line has at most 1,048,576 bytes, one object a line"


@pytest.mark.parametrize("location", ["missing.jsonl", "", "a\0b", "x" * 5000, "\ud800"])
def test_a_file_that_is_not_there_is_refused(location: str) -> None:
    with pytest.raises(InvalidCatalog, match="cannot be read"):
        connect({}).read(location)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidCatalog, match=r"cannot be read \(Is a directory\)"):
        connect({}).read(os.fspath(tmp_path))


def test_gzip_that_unpacks_to_far_more_than_a_catalog_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(HEADER + b"\n" * (100 * 2**20), 9)
    assert "unpacks to far more than a catalog does" in refusal(tmp_path, bomb)


def test_a_line_after_very_many_blank_ones_is_still_named_by_its_number(tmp_path: Path) -> None:
    blank = b"\n" * (3 * 2**20) + b" \n\t\r\n"
    assert refusal(tmp_path, HEADER + blank + b"  x").startswith("c.jsonl:3145732: not JSON")
