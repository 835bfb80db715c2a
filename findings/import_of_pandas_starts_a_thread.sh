#!/usr/bin/env bash
# pandas, where pyarrow is installed: `import pandas` alone leaves a second thread, of an allocator that is not in use.
#
# Reports of many notebooks save their imports by forking each kernel from one process that has imported pandas, and so
# does multiprocessing's forkserver with a preload. That is safe while the process has one thread; Python 3.12 and later
# warn otherwise. One would guess that an import starts none, and that the same code behaves alike in two environments.
# pandas imports pyarrow wherever it finds it, as with PySpark or a reader of Parquet. pyarrow's wheel holds jemalloc
# besides mimalloc, and jemalloc starts its thread as it is loaded, though the pool in use is mimalloc's. Choosing
# another pool (ARROW_DEFAULT_MEMORY_POOL=system) does not stop the thread; JE_ARROW_MALLOC_CONF does.
#
# Seen with pandas 3.1.1 and pyarrow 26.0.1 on Linux: no thread without pyarrow; jemalloc_bg_thd with it, the pool being
# mimalloc's, and also with the system's pool; none with JE_ARROW_MALLOC_CONF=background_thread:false.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q pandas==3.1.1
cat >"$folder/threads.py" <<'PY'
import os
import sys

import pandas

names = [open(f"/proc/self/task/{one}/comm").read().strip() for one in os.listdir("/proc/self/task")]
pool = sys.modules["pyarrow"].default_memory_pool().backend_name if "pyarrow" in sys.modules else "none"
print("thread" if "jemalloc_bg_thd" in names else "no thread", pool)
PY
export OPENBLAS_NUM_THREADS=1
run() { env "$@" "$folder/env/bin/python" "$folder/threads.py"; }
alone=$(run)
"$folder/env/bin/pip" install -q pyarrow==26.0.1
beside=$(run) system=$(run ARROW_DEFAULT_MEMORY_POOL=system) off=$(run JE_ARROW_MALLOC_CONF=background_thread:false)
printf '%s\n' "without pyarrow: $alone" "with it: $beside" "system's pool: $system" "told not to: $off"
[[ $alone == "no thread none" && $beside == "thread mimalloc" && $system == "thread system" ]]
[[ $off == "no thread mimalloc" ]]
