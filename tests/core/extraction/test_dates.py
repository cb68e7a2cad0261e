from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.extraction.dates import find_date, find_due

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-02", "2027/3/2", "20270302_kiln", "on 2 March 2027", "2nd of March 2027", "March 2, 2027", "Mar. 2nd 2027",
        "02.03.2027", "2/Mar/2027", "2-Mar-2027", "Tuesday, March 2, 2027 at 10:00",
    ],
)  # fmt: skip
def test_a_full_date_is_found_however_it_is_written(text):
    assert find_date(text) == date(2027, 3, 2)


@pytest.mark.parametrize(
    "text",
    ["", "1", "10:30", "2027", "2027-13-45", "30 February 2027", "3/4/2027", "version 1.2.2027.1", "March"],
)
def test_what_is_no_date_or_could_be_two_is_none(text):
    assert find_date(text, MONDAY) is None


def test_a_day_above_twelve_tells_which_number_is_the_month():
    assert find_date("28/11/2024") == find_date("11/28/2024") == date(2024, 11, 28)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("Q1 2027", date(2027, 3, 31)),
        ("end of Q4", date(2026, 12, 31)),
        ("Q2", date(2027, 6, 30)),
        ("H1 2027", date(2027, 6, 30)),
        ("end of March", date(2027, 3, 31)),
        ("February 2028", date(2028, 2, 29)),
        ("by December", date(2026, 12, 31)),
        ("EOW", date(2026, 11, 27)),
        ("end of the month", date(2026, 11, 30)),
        ("EOY", date(2026, 12, 31)),
        ("June 3", date(2027, 6, 3)),
        ("next Friday", date(2026, 11, 27)),
        ("in two weeks", date(2026, 12, 7)),
        ("within 3 months", date(2027, 2, 23)),
        ("tomorrow", date(2026, 11, 24)),
    ],
)
def test_a_due_date_counts_from_the_incident_and_a_period_means_its_last_day(text, due):
    assert find_due(text, MONDAY) == due


@pytest.mark.parametrize(
    "text", ["end of Q4", "June 3", "next Friday", "in two weeks", "EOW", "end of March"]
)
def test_without_the_day_of_the_incident_a_relative_date_says_nothing(text):
    assert find_due(text, None) is None


@pytest.mark.parametrize(
    "text", ["soon", "1", "ASAP", "May be done", "Q9 2027", "H3", "12", "the week", "a second"]
)
def test_words_that_are_no_date_are_not_guessed_at(text):
    assert find_due(text, MONDAY) is None


@given(st.dates(date(1990, 1, 1), date(2089, 12, 31)))
def test_every_day_is_read_back_from_every_way_to_write_it(day):
    for form in ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y", "%b %d %Y"):
        assert find_date(f"from {day.strftime(form)} on") == day


@given(st.text(), st.none() | st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_any_text_gives_a_date_or_none(text, relative_to):
    find_date(text, relative_to)
    find_due(text, relative_to)


@given(
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.sampled_from(["June 3", "end of March", "Q1", "EOQ", "EOW", "next Friday"]),
)
def test_a_relative_due_date_is_never_before_the_incident_nor_a_year_after(day, text):
    due = find_due(text, day)

    assert due is not None
    assert day <= due <= day + timedelta(days=366)
