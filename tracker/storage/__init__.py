"""Remembers: tables, queries by noun, snapshot files, the only commit, and the migrations runner."""
