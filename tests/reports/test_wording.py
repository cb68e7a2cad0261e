"""How reports word other people's text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tracker.core.catalog import Ref, parse_ref
from tracker.reports.wording import LONGEST, brief, familiar, score_sum, visible


@given(st.text(st.characters()))
def test_visible_text_is_one_line_of_characters_that_can_be_seen(text):
    shown = visible(text)
    hidden = {unicodedata.category(one) for one in shown if one not in "\u200c\u200d"} & {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }
    assert not hidden
    assert visible(shown) == shown


def test_text_that_is_read_as_it_is_written_stays_as_it_is():
    assert (
        visible("Überfällig: تعطل الخادم, 不可用 👩\u200d🚒") == "Überfällig: تعطل الخادم, 不可用 👩\u200d🚒"
    )


def test_two_names_that_differ_only_in_hidden_characters_look_different():
    assert visible("pay\u2063ments") != visible("payments")


@given(st.text())
def test_brief_text_is_of_bearable_length(text):
    assert len(brief(text)) <= LONGEST


def test_a_familiar_ref_still_names_the_same_entity():
    for ref in (Ref("component:default/checkout"), Ref("component:staging/checkout"), Ref("pkg:pypi/redis")):
        assert parse_ref(familiar(ref)) == ref


def test_a_score_of_which_nothing_counts_says_so():
    assert score_sum(0.0, {"tier": 0.0}) == "nothing counts = 0.0"


def test_what_is_taken_off_a_score_is_taken_off_in_its_sum():
    assert score_sum(-0.5, {"tier": 0.0, "age": -0.5}) == "- age 0.5 = -0.5"
