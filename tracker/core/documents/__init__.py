"""Reads documents: bytes to one tree of blocks with line numbers, one reader per format."""

from tracker.core.documents.blocks import Block, BlockKind, Document, Link
from tracker.core.documents.readers import read_document

__all__ = ["Block", "BlockKind", "Document", "Link", "read_document"]
