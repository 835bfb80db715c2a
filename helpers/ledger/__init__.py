"""MRR and accounts over time: movements, account-months, invoice lines."""
