"""pandera's rules for frames. Imported only where a frame is validated, for it takes half a second.

Where PySpark is installed, pandera loads it, at its import or when it first validates; PySpark warns of pandas 3 then,
and that would stand on a page: nothing here goes by PySpark's own frames.
"""

import warnings

warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

import pandera.errors as errors  # noqa: E402
import pandera.pandas as pa  # noqa: E402

__all__ = ["errors", "pa"]
