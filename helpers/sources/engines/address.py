"""Where a server is, and the secrets that the way there takes: from the environment, and never printed again."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from helpers.sources.refusals import refuse

_NAME = re.compile(r"\$\{(\w+)\}")
_KEY = re.compile(r"[0-9a-f]{12,}")
HIDDEN = "…"


def filled(url: str, environment: Mapping[str, str], place: str) -> tuple[str, frozenset[str]]:
    """The URL with each `${NAME}` filled in from the environment, and the values that may not be printed.

    A value is encoded as a URL wants it, except where the whole URL is one `${NAME}`: that is a URL already. `Refused`,
    naming it, where a variable is not set.

    >>> filled("postgresql://me:${PASSWORD}@host/crm", {"PASSWORD": "a/b"}, "mine.toml")[0]
    'postgresql://me:a%2Fb@host/crm'
    """
    names = _NAME.findall(url)
    for name in names:
        refuse("variable", not environment.get(name), place=place, name=name)
    refuse("variable_form", "${" in _NAME.sub("", url), place=place)
    if whole := _NAME.fullmatch(url.strip()):
        whole = environment[whole[1]]
        return whole, frozenset({whole, *re.findall(r"://[^/:@]*:([^@]+)@", whole)})
    secrets = {text for name in names for text in (environment[name], quote(environment[name], safe=""))}
    return _NAME.sub(lambda match: quote(environment[match[1]], safe=""), url), frozenset(secrets)


def hidden(text: str, secrets: frozenset[str]) -> str:
    """The text without any secret in it, and without a key of pseudonyms, which our queries hold.

    >>> hidden("no entry for a/b of 00112233445566", frozenset({"a/b"}))
    'no entry for … of …'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _KEY.sub(HIDDEN, text)
