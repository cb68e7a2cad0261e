"""The postmortem template has every section that a reader looks for, and nothing that looks like an answer."""

import re

from markdown_it import MarkdownIt

from tracker.samples import company, template

SECTIONS = [
    "Summary",
    "Impact",
    "Services impacted",
    "Timeline",
    "Contributing causes",
    "What went well",
    "Lessons learned",
    "Open questions",
    "Action items",
    "Related SRE programs",
]


def test_the_template_has_its_sections_in_reading_order() -> None:
    assert re.findall(r"^## (.+)$", template(), re.MULTILINE) == SECTIONS


def test_each_section_says_in_a_comment_what_belongs_there() -> None:
    for section in template().split("\n## ")[1:]:
        assert section.partition("\n")[2].strip().startswith("<!-- ")


def test_everything_to_be_filled_in_is_a_placeholder() -> None:
    without_guidance = re.sub(r"<!--.*?-->", "", template(), flags=re.DOTALL)

    for line in without_guidance.splitlines():
        names_columns_or_rules = re.fullmatch(r"\|[\w |-]*\|", line)
        if line.strip() and not line.startswith("## ") and not names_columns_or_rules:
            assert re.search(r"<[^<>]+>", line), line


def test_placeholders_stay_visible_when_the_template_is_rendered() -> None:
    placeholders = re.findall(r"<[^<>!]+ …>", re.sub(r"<!--.*?-->", "", template(), flags=re.DOTALL))
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(template())

    assert len(placeholders) > 20
    assert page.count(" …&gt;") == len(placeholders)


def test_the_first_postmortem_of_the_company_follows_the_template() -> None:
    text = (company() / "postmortems" / "2026-06-17-checkout-stopped.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
