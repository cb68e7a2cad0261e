"""Extracts: what a document states of an incident, its follow-up work and what it taught, with the reason for each."""

from tracker.core.extraction.extraction import extract

__all__ = ["extract"]
