"""Buyer remorse: who regrets the purchase, why, how sure that is, and what to do about it."""

from helpers.remorse import guard, recipe, scores, signals

__all__ = ["guard", "recipe", "scores", "signals"]
