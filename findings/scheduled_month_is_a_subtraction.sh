#!/usr/bin/env bash
# JupyterLab's scheduler: the month 2026-10, typed as a parameter of a scheduled notebook, arrives as the number 2016.
#
# Monthly reports are notebooks with a parameter such as period = "2026-08", and JupyterLab's own scheduler has a form
# for it: name and value. One would guess that what is typed arrives as that text, as it does with `papermill -p`,
# which fills the same tagged cell. jupyter-scheduler writes the value into the notebook as Python: 2026-10 is a
# subtraction, and the job runs for the year 2016 without a word; 2026-08 is a syntax error, because of its 0; a name
# such as SMB is an unknown variable. Which months fail therefore depends on the month. Only a value typed with its
# quotes is text, and papermill would keep those quotes. A notebook should refuse a period that is a number.
#
# Seen with jupyter-scheduler 2.12.1 and papermill 2.7.0: 2016 against '2026-10'; 2026-08 stops with a SyntaxError.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q jupyter-scheduler==2.12.1 papermill==2.7.0
"$folder/env/bin/python" - <<'PY'
import nbformat
from jupyter_scheduler.parameterize import add_parameters
from papermill.cli import _resolve_type
from papermill.parameterize import parameterize_notebook


def notebook():
    cell = nbformat.v4.new_code_cell('period = ""', metadata={"tags": ["parameters"]})
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel, "papermill": {}})


def by_papermill(book, values):
    return parameterize_notebook(book, {name: _resolve_type(value) for name, value in values.items()})


def arrives(filled):
    names = {}
    for cell in filled.cells:
        exec(cell.source, names)
    return names["period"]


for typed in ("2026-10", "2026-08", "SMB", '"2026-10"'):
    found = []
    for fill in (add_parameters, by_papermill):
        try:
            found.append(arrives(fill(notebook(), {"period": typed})))
        except (SyntaxError, NameError) as error:
            found.append(type(error))
    print(f"{typed}: jupyter-scheduler {found[0]!r}, papermill {found[1]!r}")
    expected = {"2026-10": [2016, "2026-10"], "2026-08": [SyntaxError, "2026-08"], "SMB": [NameError, "SMB"]}
    assert found == expected.get(typed, ["2026-10", '"2026-10"']), (typed, found)
PY
