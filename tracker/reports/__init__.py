"""Presents: the shapes and pages that both people and machines read."""
