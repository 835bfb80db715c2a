"""The sentences of a page: templates in a TOML file beside each topic, filled with its numbers."""

import math
import tomllib
from functools import cache
from pathlib import Path

import pandas as pd

from helpers import formats, periods

WRITERS = (
    "percent points bounds money exact_money count plural ordinal interval between estimate why_none team joined"
).split()
STOP = "\ud800"  # half a letter, which no text that was read can hold


class Sentences:
    """The sentences of a topic by name, each a jinja2 template in which `it` is `facts`, of a TOML `file`.

    A module's `__file__` is the TOML of the same name beside it.

    A list of templates is a list of sentences, without those that come out empty; `{{ stop }}` ends one of several
    of a template. Line breaks of a template are spaces.
    Numbers are written by `helpers.formats`, as filters or functions; `is missing` asks whether there is a number;
    the entry `macros` stands before every template. Raises AttributeError for a name that the file does not have.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "words.toml"
    >>> _ = file.write_text('lost = "We lost {{ it.share | percent }}."')
    >>> Sentences(file, {"share": 0.1}).lost
    'We lost 10.0%.'
    """

    def __init__(self, file: Path | str, facts: object):
        self._file, self._facts, self._module = Path(file).with_suffix(".toml"), facts, None

    def __getattr__(self, name: str) -> str | list[str]:
        if name.startswith("_") or name not in (templates := _templates(self._file)):
            raise AttributeError(name)
        self._module = self._module or _compiled(self._file).make_module({"it": self._facts})
        is_one = isinstance(templates[name], str)
        filled = [getattr(self._module, f"{name}_{at}_")() for at in range(1 if is_one else len(templates[name]))]
        texts = [" ".join(text.split()) for text in STOP.join(filled).split(STOP)]
        return texts[0] if is_one else [text for text in texts if text]

    def __dir__(self) -> list[str]:
        return [name for name in _templates(self._file) if name != "macros"]


@cache
def template(text: str):
    """A template that stands alone, compiled once; numbers are written as in `Sentences`.

    >>> template("{{ rate | percent }}").render(rate=0.1)
    '10.0%'
    """
    return _environment().from_string(text)


@cache
def _templates(file: Path) -> dict[str, str | list[str]]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _compiled(file: Path):
    """All templates of a file compiled at once, each a macro of its own: one by one they would take twice as long."""
    named = dict(_templates(file))
    source = named.pop("macros", "")
    for name, templates in named.items():
        for place, text in enumerate([templates] if isinstance(templates, str) else templates):
            source += f"{{% macro {name}_{place}_() %}}{text}{{% endmacro %}}"
    return _environment().from_string(source)


@cache
def _environment():
    import jinja2  # takes a tenth of a second, which a notebook without such sentences need not wait for

    made = jinja2.Environment(undefined=jinja2.StrictUndefined)
    writers = {name: getattr(formats, name) for name in WRITERS}
    writers |= {"month": periods.name_of, "day": periods.day_name, "dates": periods.named}
    writers["rate"] = lambda value: formats.percent(value).replace(".0%", "%")  # with the digits that it needs
    writers["number"] = lambda value, digits=2: f"{value:.{digits}f}".replace("-", "−")
    made.filters |= writers
    made.globals |= writers | {"stop": STOP}
    made.filters["exp"] = math.exp
    made.filters["sentence"] = lambda text: text[:1].upper() + text[1:] + "." * (not text.endswith((".", "?", "!")))
    made.tests["missing"] = lambda value: value is None or pd.isna(value)
    return made
