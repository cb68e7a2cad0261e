"""What every command says of itself, and that the examples are commands that the program takes."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.cli.front_door import Elsewhere
from tracker.cli.command import app


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, as what is typed after ``elsewhere``."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        inner = getattr(command, "commands", None)
        if inner:
            waiting.extend(((*words, name), one) for name, one in inner.items())
        else:
            yield words


COMMANDS = sorted(commands())


def called(typed: list[str]) -> tuple[str, ...]:
    """Return the command that takes what is typed after ``elsewhere``; raises if none does."""
    context: Any = typer.main.get_command(app).make_context("elsewhere", list(typed))
    words: list[str] = []
    while getattr(context.command, "commands", None):
        rest = [*context._protected_args, *context.args]
        name, command, rest = context.command.resolve_command(context, rest)
        words.append(name)
        context = command.make_context(name, rest, parent=context)
    return tuple(words)


def examples(words: tuple[str, ...]) -> list[list[str]]:
    """The examples in a command's help, as what is typed after ``elsewhere``."""
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    paragraphs = re.split(r"\n\s*\n", command.help or "")
    typed = (re.sub(r"^\s*Example:\s*", "", one).strip() for one in paragraphs)
    return [
        shlex.split(re.split(r" [|>] ", " ".join(one.split()))[0])[1:]
        for one in typed
        if one.startswith("elsewhere ")
    ]


@pytest.mark.parametrize("name", sorted({words[0] for words in COMMANDS if len(words) > 1} - {"nightly"}))
def test_the_example_of_a_group_is_one_of_its_commands(name: str) -> None:
    assert all(called(example) in COMMANDS and example[0] == name for example in examples((name,)))


def test_there_are_as_many_commands_as_ever() -> None:
    assert len(COMMANDS) >= 29


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_of_itself_that_can_be_typed(words: tuple[str, ...]) -> None:
    found = examples(words)
    assert found
    assert [called(example) for example in found] == [words] * len(found)


@pytest.mark.parametrize("words", [*COMMANDS, (), ("items",)], ids=" ".join)
def test_help_says_what_the_command_does_and_ends_well(words: tuple[str, ...]) -> None:
    answer = Elsewhere()(*words, "--help").done()
    assert answer.out.startswith(f"Usage: {' '.join(('elsewhere', *words))}")
    assert answer.err == ""


@pytest.mark.parametrize("words", [(), ("items",), ("catalog",)], ids=" ".join)
def test_a_group_alone_shows_its_commands_and_counts_as_misused(words: tuple[str, ...]) -> None:
    answer = Elsewhere()(*words)
    assert answer.code == 2
    assert "Commands:" in answer.out + answer.err
