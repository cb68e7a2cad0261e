"""Reads postmortems from files and folders on this machine; no network, no settings."""

from connectors.files.connector import connect

__all__ = ["connect"]
