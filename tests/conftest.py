"""How hypothesis runs here: the same examples every time, few of them, and no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("here", max_examples=20, deadline=None, derandomize=True, database=None)
settings.load_profile("here")
