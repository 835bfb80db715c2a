"""What `--json` prints for a scheduler. It imports nothing that takes time, so it is there from the start."""

import json
from dataclasses import dataclass, field

from helpers.commands.stopping import EXIT


@dataclass
class Answer:
    """One object for the run, in it one for each period that was begun; of `verify`, one for each of `packs`."""

    status: str = "failed"
    exit_code: int = 1
    error: str = ""
    log: str = ""
    periods: list[dict] = field(default_factory=list)
    packs: list[dict] | None = None

    def end(self, status: str, error: str = "", exit_code: int | None = None) -> None:
        """How the run ended. Until then it counts as failed, so that nothing unforeseen passes for success."""
        self.status, self.error = status, error
        self.exit_code = EXIT[status] if exit_code is None else exit_code

    def text(self) -> str:
        """The object, on one line.

        >>> Answer().text()
        '{"status": "failed", "exit_code": 1, "error": "", "log": "", "periods": []}'
        """
        return json.dumps({name: value for name, value in self.__dict__.items() if value is not None})
