"""Dates: a small strict grammar for dates as people write them in incident documents."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_END = r"(?:(?:the )?end of |eo)"

_DAY_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?<![\d/.-]){_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?![\d/]|-\d)",
        r"(?<![\d/.-])(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)",
        rf"(?<!\w){_DAY}[ -](?:of )?{_MONTH},?[ -]{_YEAR}(?!\w)",
        rf"\b{_MONTH} {_DAY},? (?:at )?{_YEAR}(?!\w)",
        rf"(?<![\d/.-])(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.{_YEAR}(?!\.?\d)",
        rf"(?<![\d/.-])(?P<day>\d{{1,2}})[/-](?P<month>[a-z]{{3,9}})[/-]{_YEAR}(?!\d)",
        rf"(?<![\d/.-])(?P<first>\d{{1,2}})[/-](?P<second>\d{{1,2}})[/-]{_YEAR}(?!\d)",
    )
)
_YEARLESS_FORMS = (
    re.compile(rf"(?<!\w){_DAY}(?: of)? {_MONTH}(?!\w)"),
    re.compile(rf"\b{_MONTH} {_DAY}(?![\w:])"),
)
_QUARTER = re.compile(rf"\b(?:{_END})?(?P<half>[qh])(?P<number>[1-4])(?:[ /-]?(?P<year>20\d\d))?\b")
_MONTH_END = re.compile(rf"\b(?:{_END}|in |by |before |during )(?:mid-|late |early )?{_MONTH}(?!\w|\.? ?\d)")
_BARE_MONTH = re.compile(rf"(?:mid-|late |early )?{_MONTH}")
_MONTH_YEAR = re.compile(rf"\b{_MONTH},? {_YEAR}(?!\w)")
_PERIOD_END = re.compile(
    r"\b(?:(?:the )?end of (?:the |this )?(?P<period>week|month|quarter|year)|eo(?P<letter>[wmqy]))\b"
)
_RELATIVE = re.compile(
    r"\b(?:today|tomorrow|next (?:week|month|year)|(?:next )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:in|within) (?:the next )?(?:\d{1,3}|a|one|two|three|four|five|six) (?:day|week|month)s?)\b"
)


def find_date(text: str, relative_to: date | None = None) -> date | None:
    """Return the first full date in a text; with a date to relate to, one without its year as well.

    >>> find_date("Outage on March 2nd, 2021"), find_date("2 of March", date(2021, 1, 5))
    (datetime.date(2021, 3, 2), datetime.date(2021, 3, 2))
    """
    text = " ".join(text.lower().split())
    found = [match for form in _DAY_FORMS if (match := form.search(text))]
    for match in sorted(found, key=lambda match: match.start()):
        if day := _full(match):
            return day
    if relative_to is None:
        return None
    for form in _YEARLESS_FORMS:
        if (match := form.search(text)) and (
            day := _day(relative_to.year, _MONTHS[match["month"]], int(match["day"]))
        ):
            return day
    return None


def find_due(text: str, relative_to: date | None) -> date | None:
    """Return the date by which something is due. A month, quarter or year means its last day.

    What is written relative to something ("next week", "June 3") counts from ``relative_to``, the day of the
    incident, and means the next such day; without that day it says nothing.

    >>> find_due("Q1 2027", None), find_due("end of March", date(2026, 11, 23))
    (datetime.date(2027, 3, 31), datetime.date(2027, 3, 31))
    """
    text = " ".join(text.lower().split())
    if day := find_date(text):
        return day
    if match := _QUARTER.search(text):
        months = 3 if match["half"] == "q" else 6
        month = int(match["number"]) * months
        return _month_end(match["year"], month, relative_to) if month <= 12 else None
    if match := _MONTH_YEAR.search(text):
        return _month_end(match["year"], _MONTHS[match["month"]], relative_to)
    if relative_to is None:
        return None
    for form in _YEARLESS_FORMS:
        if match := form.search(text):
            month, number = _MONTHS[match["month"]], int(match["day"])
            day = _day(relative_to.year, month, number)
            return day if day is None or day >= relative_to else _day(relative_to.year + 1, month, number)
    if match := _MONTH_END.search(text) or _BARE_MONTH.fullmatch(text):
        return _month_end(None, _MONTHS[match["month"]], relative_to)
    if match := _PERIOD_END.search(text):
        return _period_end(match["period"] or match["letter"], relative_to)
    return _relative(text, relative_to)


def tells_date(text: str) -> bool:
    """Return whether a text holds a date that can be told once the day of the incident is known."""
    return find_due(text, date(2000, 1, 1)) is not None


def _full(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    year = int(parts["year"])
    if "first" not in parts:
        month = int(parts["month"]) if parts["month"].isdigit() else _MONTHS.get(parts["month"], 0)
        return _day(year, month, int(parts["day"]))
    first, second = int(parts["first"]), int(parts["second"])
    if first > 12 or first == second:
        return _day(year, second, first)
    # 3/4/2021 is one day in one country and another in the next: only a day above 12 tells
    return _day(year, first, second) if second > 12 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_end(year: str | None, month: int, relative_to: date | None) -> date | None:
    if year is not None:
        number = int(year)
    elif relative_to is not None:
        number = relative_to.year + (month < relative_to.month)
    else:
        return None
    return date(number, month, monthrange(number, month)[1])


def _period_end(period: str, relative_to: date) -> date:
    year, month = relative_to.year, relative_to.month
    if period[0] == "w":
        return relative_to + timedelta(days=(4 - relative_to.weekday()) % 7)
    last = {"m": month, "q": (month + 2) // 3 * 3, "y": 12}[period[0]]
    return date(year, last, monthrange(year, last)[1])


def _relative(text: str, relative_to: date) -> date | None:
    match = _RELATIVE.search(text)
    if match is None:
        return None
    import dateparser  # noqa: PLC0415 - slow to import, and few documents need it

    phrase = match[0].replace("within", "in").replace("the next ", "")
    found = dateparser.parse(
        phrase,
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime(relative_to.year, relative_to.month, relative_to.day),  # noqa: DTZ001 - a day has no zone
            "PREFER_DATES_FROM": "future",
        },
    )
    return found.date() if found else None
