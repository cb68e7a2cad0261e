"""Answers terminals and cron: the command `elsewhere`."""

from tracker.cli.command import main

__all__ = ["main"]
