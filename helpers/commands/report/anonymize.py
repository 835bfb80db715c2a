"""What `--anonymize` does before anything is read: turns the pseudonyms on, and keeps real names out of parameters."""

from pathlib import Path

from helpers import sources
from helpers.errors import Refused
from helpers.sources import pseudonyms


def anonymize(source: Path, values: dict[str, object]) -> None:
    """Read `source` under pseudonyms from here on (`pseudonyms.turn_on`).

    A parameter is printed in the executed notebook, so one that is a real account's id or name is `Refused`.
    """
    asked = {value: name for name, value in values.items() if isinstance(value, str) and value}
    if asked:
        known = sources.connect(source).real_names()
        found = [f"-p {asked[value]}=…" for value in asked if value in known]
        if found:
            raise Refused(
                f"{', '.join(found)} names an account, and the report is anonymized: give its pseudonym, as an "
                "anonymized report shows it"
            )
    pseudonyms.turn_on(source)
