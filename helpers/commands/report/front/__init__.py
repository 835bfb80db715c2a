"""The first page: headline figures, decisions, what changed."""
