"""Texts that a tracker keeps for us, and our region in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.issue_text import CUT, alike, compose, region, split, tidy

REGION = "Item 7 in Elsewhere.\nServices concerned: cart, checkout"
LINES = st.text(st.sampled_from("aB 9\n\r\t*_|{}[]#-.!é\u00a0\u2028/:"), max_size=60)


@given(LINES, LINES)
def test_words_and_region_come_apart_again(words: str, ours: str) -> None:
    kept, read = split(compose(words, ours))
    assert tidy(kept) == tidy(words)
    assert alike(ours, read)


@given(LINES)
def test_composing_again_changes_nothing(words: str) -> None:
    once = compose(words, REGION)
    assert compose(split(once)[0], REGION) == once
    assert compose(once, REGION) == once


@given(LINES, LINES)
def test_words_below_our_region_are_people_s(above: str, below: str) -> None:
    words, read = split(compose(above, REGION) + "\n\n" + below)
    assert alike(f"{above}{below}", words)
    assert alike(REGION, read)


@pytest.mark.parametrize(
    "printed",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n".join(f"*{line}* " if line else "" for line in text.split("\n")),
        lambda text: f"\n\n{text}\n\n",
    ],
    ids=["CRLF", "no empty lines", "more empty lines", "bold", "blanks around"],
)
def test_the_region_is_found_however_a_tracker_prints_it(printed):
    words, read = split(printed(compose("Set a timeout.", REGION)))
    assert alike("Set a timeout.", words)
    assert alike(REGION, read)


def test_a_region_whose_end_was_cut_off_goes_to_the_end():
    text = compose("Words.", REGION)
    assert split(text[: text.index("End of")]) == ("Words.", REGION)


@pytest.mark.parametrize("text", [None, "", "  \n \r\n"])
def test_nothing_is_nothing(text):
    assert (split(text)[1], tidy(text)) == (None, None)


@given(LINES)
def test_a_text_is_like_itself_and_like_its_tidy_form(text: str) -> None:
    assert alike(text, text)
    assert alike(text, tidy(text))


def test_a_text_that_was_cut_is_like_the_whole():
    whole = "Every caller waits for the cache. " * 30
    assert alike(whole, whole[:254].rstrip() + "…")
    assert alike(whole, whole[:600] + CUT)


def test_a_text_that_goes_on_after_dots_was_written_by_somebody():
    whole = "Every caller waits for the cache. " * 30
    assert not alike(whole, whole[:600] + "… no, none does any more.")
    assert not alike(whole, whole[:600] + "... [the rest is elsewhere …] the end")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Set a timeout", "Set two timeouts"),
        ("Set a timeout", "Set a"),
        ("Set a timeout", None),
        ("see https://a.example", "see [the wiki|https://a.example]"),
        ("Every caller waits. " * 20, "Every caller waits. " * 20 + "And more."),
    ],
)
def test_what_somebody_wrote_anew_is_not_alike(sent, read):
    assert not alike(sent, read)


def test_our_region_has_no_markup_that_a_tracker_would_change():
    text = region(7, postmortems=["Checkout {panic} *stopped* [again|http://x] (!) #1"], program="q1|plan")
    assert not set("{}[]*|#!()\\") & set(text)


def test_a_region_stays_short():
    text = region(7, postmortems=["x" * 9_000] * 99, services=[f"service-{n}" for n in range(5_000)])
    assert "5000 in all" in text
    assert len(text) < 3_500
