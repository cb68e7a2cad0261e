"""Elsewhere: every SEV-1 teaches something; find where else it is true, and see it through."""

__version__ = "0.1.0"
