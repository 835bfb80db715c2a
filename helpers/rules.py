"""pandera's rules for frames, imported in silence: where PySpark is installed, pandera loads it, and it warns of pandas 3.

Imported only where a frame is validated: it takes half a second.
"""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    import pandera.errors as errors
    import pandera.pandas as pa

__all__ = ["errors", "pa"]
