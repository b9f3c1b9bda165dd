"""Save: one of two savers persists unsaved files."""
