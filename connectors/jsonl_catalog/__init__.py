"""Reads catalogs in the neutral format: JSON Lines, a header first; no network, no settings."""

from connectors.jsonl_catalog.connector import connect

__all__ = ["connect"]
