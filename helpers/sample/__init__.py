"""The sample company: made up from a seed, with known truth."""

from helpers.sample.company import write
