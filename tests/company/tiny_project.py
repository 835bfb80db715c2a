"""A copy of the project with notebooks of a line or two, so that a whole run takes seconds."""

import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from packs import PROJECT, helpers
from small_company import ACCOUNTS, SUBSCRIPTIONS
from writing import write_source

PARAMETERS = 'period = ""  # the month\nsource = "data/sample/source.toml"  # where the data is\n'
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def say(sentence: str) -> str:
    """Code of a cell that shows a sentence, without importing what takes long to import."""
    return f"from IPython.display import display\ndisplay({{'text/plain': {sentence!r}}}, raw=True)"


class Project:
    """A checkout in a folder of its own; its own helpers run in it, with small data and the notebooks given."""

    def __init__(self, folder: Path):
        self.root, self.reports = folder / "project", folder / "project" / "reports"
        shutil.copytree(PROJECT / "helpers", self.root / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROJECT / "pyproject.toml", self.root)
        for part in ("notebooks", "data/sample"):
            (self.root / part).mkdir(parents=True)
        write_source(
            self.root / "data" / "sample", accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, data_until="2024-06-30"
        )

    def write(self, name: str, *cells: str, parameters: str = "") -> None:
        """A notebook: its title, its parameters, and cells; one that starts with # is text, `headline: ` tags one."""
        made = [new_markdown_cell(f"# Title of {name}"), new_code_cell(PARAMETERS + parameters)]
        made[1].metadata["tags"] = ["parameters"]
        for text in cells:
            made.append((new_markdown_cell if text.startswith("#") else new_code_cell)(text.removeprefix("headline: ")))
            if text.startswith("headline: "):
                made[-1].metadata["tags"] = ["headline"]
        nbformat.write(new_notebook(cells=made, metadata=KERNEL), self.root / "notebooks" / f"{name}.ipynb")

    def report(self, *arguments, code: int = 0):
        return helpers("report", *arguments, cwd=self.root, code=code)

    def pack(self, name: str = "2024-06") -> Path:
        return self.reports / name
