"""`elsewhere exposures`."""

import pytest

from tests.cli.front_door import Elsewhere


def test_a_list_without_exposures_says_how_to_find_some(elsewhere: Elsewhere) -> None:
    assert "elsewhere where-else --lesson KEY" in elsewhere("exposures", "list").done().out
    assert elsewhere.json("exposures", "list") == []


def test_exposures_are_listed_and_narrowed(estate: Elsewhere) -> None:
    everything = estate.json("exposures", "list")
    page = estate("exposures", "list").done().out
    assert [one["id"] for one in everything if str(one["id"]) not in page] == []
    lesson = everything[0]["lesson"]
    narrowed = estate.json(
        "exposures", "list", "--lesson", lesson, "--state", "undecided", "--verdict", "exposed"
    )
    assert narrowed == [
        one
        for one in everything
        if (one["lesson"], one["state"], one["verdict"]) == (lesson, "undecided", "exposed")
    ]
    ref = everything[0]["ref"]
    assert {one["ref"] for one in estate.json("exposures", "list", "--ref", ref)} == {ref}
    assert estate.json("exposures", "list", "--program", "bounded-waiting") != []


def test_an_exposure_shows_its_evidence_and_how_to_decide(estate: Elsewhere) -> None:
    shown = estate.json("exposures", "show", 1)
    page = estate("exposures", "show", 1).done().out
    first = shown["evaluations"][0]["evidence"][0]
    assert f"{first['says'].replace('default/', '')} [{first['source']}]" in page
    assert "elsewhere exposures decide 1" in page


def test_a_decision_is_shown_with_its_reason(estate: Elsewhere) -> None:
    decided = estate.json(
        *("exposures", "decide", 2, "risk_accepted"),
        *("--until", "2999-01-01", "--justification", "It is replaced in May"),
    )
    assert (decided["state"], decided["decision"]["actor"]) == ("risk_accepted", "Ada")
    page = estate("exposures", "show", 2).done().out
    assert "Ada: risk_accepted until 2999-01-01: It is replaced in May" in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "9999"], ["no exposure 9999", "elsewhere exposures list"]),
        (["show", "0"], ["greater than or equal to 1"]),
        (["list", "--lesson", "nowhere"], ["no lesson 'nowhere'"]),
        (["list", "--program", "nowhere"], ["no program 'nowhere'"]),
        (["list", "--ref", "nowhere"], ["--ref: 'nowhere' is not an entity ref"]),
        (["list", "--ref", "component:nowhere"], ["component:default/nowhere is not in the catalog"]),
        (["decide", "1", "not_affected"], ["--justification: say why"]),
        (["decide", "1", "risk_accepted"], ["--until: say until when"]),
        (["decide", "1", "affected", "--until", "2999-01-01"], ["--until: only risk_accepted has an end"]),
        (["decide", "1", "risk_accepted", "--until", "soon"], ["--until: 'soon' is not a day"]),
    ],
)
def test_what_makes_no_sense_is_refused(estate: Elsewhere, arguments: list[str], words: list[str]) -> None:
    estate("exposures", *arguments).refused(*words)
