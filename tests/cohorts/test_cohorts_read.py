"""What one call prepares for the page on cohorts: frames that agree with one another, and grids in the asked unit."""

import pytest
from small_company import company  # noqa: F401 - a fixture

