"""Buyer remorse: who regrets the purchase, why, how sure that is, and what to do about it.

`diagnose` prepares it all, `listen` adds what customers say, `card` shows one account;
each result `says` its sentences.
"""

from helpers.remorse import health, reference, scores, seats, signals
from helpers.remorse.card import Card, card
from helpers.remorse.diagnosis import Diagnosis, diagnose
from helpers.remorse.signals import LABELS, refuse_leaks
from helpers.remorse.voice import Voice, listen

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "diagnose listen card seats health refuse_leaks LABELS".split()
__dir__ = __all__.copy
