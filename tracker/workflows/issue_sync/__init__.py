"""The parts of a sync: both sides, the ledger of a run, and what is done for items with an issue and for those without."""
