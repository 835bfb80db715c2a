"""pandera's rules for frames, imported in silence: where PySpark is there, pandera loads it, and that warns.

Imported only where a frame is validated: it takes half a second.
"""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    import pandera.errors as errors
    import pandera.pandas as pa

__all__ = ["errors", "pa"]
