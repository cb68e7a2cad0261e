"""Tokens are made, listed and revoked on the command line."""

import re


def test_a_secret_is_shown_once(elsewhere):
    answer = elsewhere("tokens", "create", "ci", "--scope", "write").done()
    [secret] = re.findall(r"\bels_[\w-]{43}\b", answer.out)
    assert "shown this once" in answer.err
    listed = elsewhere("tokens", "list").done()
    assert "ci" in listed.out
    assert secret not in listed.out + str(elsewhere.json("tokens", "list"))


def test_a_new_token_for_programs(elsewhere):
    made = elsewhere.json("tokens", "create", "ci", "--days", 7)
    assert (made["name"], made["scope"], made["state"], made["created_by"]) == ("ci", "read", "living", "Ada")
    assert made["secret"].startswith("els_")
    [listed] = elsewhere.json("tokens", "list")
    assert listed == {key: value for key, value in made.items() if key != "secret"}


def test_a_revoked_token_stays_in_the_list(elsewhere):
    elsewhere("tokens", "create", "ci").done()
    elsewhere("tokens", "revoke", "ci").done()
    assert elsewhere.json("tokens", "list")[0]["state"] == "revoked"
    elsewhere("tokens", "revoke", "ci").refused("no token 'ci'")


def test_what_is_refused_names_its_place(elsewhere):
    elsewhere("tokens", "create", "c i").refused("NAME: ")
    elsewhere("tokens", "create", "ci", "--days", 1000).refused("--days: ")
    elsewhere("tokens", "create", "ci", "--scope", "root").refused("--scope")
    elsewhere("tokens", "create", "ci").done()
    elsewhere("tokens", "create", "ci").refused("already")
