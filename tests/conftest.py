"""How hypothesis runs here: the same examples every time, few of them, and no deadline on a busy machine.

And the two packs that the tests of the report share.
"""

from hypothesis import settings
from packs import fresh_pack, sample_pack  # noqa: F401 - fixtures

settings.register_profile("here", max_examples=12, deadline=None, derandomize=True, database=None)
settings.load_profile("here")
