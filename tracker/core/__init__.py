"""Decides: pure functions on frozen dataclasses; no clock, disk, network or database."""
