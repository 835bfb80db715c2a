"""Which file looks like which table of ours, and which column like which of ours: by names and contents.

A guess is a suggestion for a person to read, never a mapping that is used in silence.
"""
