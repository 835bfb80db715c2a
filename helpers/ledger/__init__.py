"""MRR and accounts over time: the ledger of movements, the account-months, and MRR read from invoice lines."""

from helpers.ledger.book import Ledger, read
from helpers.ledger.invoices import reconcile

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "read reconcile".split()
__dir__ = __all__.copy
