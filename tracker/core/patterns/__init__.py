"""Patterns: versioned predicates over catalog entities, read from YAML and answered in three values."""

from tracker.core.patterns.evaluation import Evaluator
from tracker.core.patterns.findings import Finding, Question, Step
from tracker.core.patterns.language import Pattern
from tracker.core.patterns.reader import parse_pattern
from tracker.core.patterns.truth import Truth

__all__ = ["Evaluator", "Finding", "Pattern", "Question", "Step", "Truth", "parse_pattern"]
