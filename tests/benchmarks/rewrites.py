"""A CSV is rewritten in place, again and again, while runs read it: each sees the old rows, the new ones, or says so.

    python tests/benchmarks/rewrites.py --tries 200

Two states of a company with the same keys: in one every amount is 100, in the other 200. A run that shows both, or
totals of neither, is a mixture: exit code 1. So is a fingerprint that is of another state than the rows. Half a rewrite
that rests for over two seconds, as on a machine that has no time for its writer, is a file like any other: nobody can
know, and it is counted by itself.
"""

import argparse
import hashlib
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from helpers import sources
from helpers.errors import Refused

ROWS = 4_000
FRESH = 2  # seconds in which a file is taken for one that may still be written


def states() -> dict[int, bytes]:
    """The bytes of the CSV by the amount in each of its rows."""
    head = "subscription_id,account_id,starts_on,ends_on,mrr,currency\n"
    rows = {amount: "".join(f"s{n},A{n},2024-01-01,,{amount},USD\n" for n in range(ROWS)) for amount in (100, 200)}
    return {amount: (head + text).encode() for amount, text in rows.items()}


def rewrite(file: Path, rests: Path, begun, over) -> None:
    """Write one state over the other in pieces, with a rest between two writes, until the run is over.

    Each rest of over two seconds within a rewrite is noted in `rests`: from when to when.
    """
    begun.set()
    for content in [*states().values()] * 10_000:
        last = time.monotonic()
        with file.open("r+b") as opened:
            for at in range(0, len(content), len(content) // 20):
                if (now := time.monotonic()) - last > FRESH and at:
                    with rests.open("a", encoding="utf-8") as noted:
                        noted.write(f"{last} {now}\n")
                opened.write(content[at : at + len(content) // 20])
                opened.flush()
                last = time.monotonic()
                time.sleep(0.002)
        time.sleep(random.uniform(0, 5))
        if over.is_set():
            return


def seen(source: Path) -> str:
    """What a run shows: the amount of every row, or why it was refused."""
    marks = {hashlib.sha256(hashlib.sha256(text).digest()).hexdigest()[:16]: n for n, text in states().items()}
    try:
        with sources.held(source) as tables:
            tables.hand_over()
            kernel = sources.open(source, "2024-12")
            row = kernel.query("select min(mrr) as low, max(mrr) as high, count(*) as n from subscriptions").iloc[0]
            mark = marks.get(kernel.fingerprints()["subscriptions"])
            time.sleep(2)  # the notebooks of a run take longer; then it looks once more at what had just been written
            tables.refuse_changed(tables.changed(tables.fingerprints()))
    except Refused as error:
        return "refused: it changed" if "changed while it was read" in str(error) else "refused: other reasons"
    whole = row["low"] == row["high"] and row["n"] == ROWS
    return f"all {row['low']:.0f}" if whole and row["low"] == mark else "MIXTURE"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tries", type=int, default=200)
    given, found = parser.parse_args(), Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "subscriptions.csv").write_bytes(states()[100])
        accounts = "".join(f"A{n},A{n},S\n" for n in range(ROWS))
        (folder / "accounts.csv").write_text(f"account_id,name,segment\n{accounts}", encoding="utf-8")
        tables = "".join(f'[tables.{each}]\nfrom = "{each}.csv"\n' for each in ("accounts", "subscriptions"))
        source = folder / "source.toml"
        source.write_text(f"[source]\ndata_until = 2024-12-31\n{tables}", encoding="utf-8")
        begun, over = multiprocessing.Event(), multiprocessing.Event()
        rests, mixed = folder / "rests.txt", []
        rests.touch()
        what = (folder / "subscriptions.csv", rests, begun, over)
        writer = multiprocessing.Process(target=rewrite, args=what, daemon=True)
        writer.start()
        begun.wait()
        for number in range(given.tries):
            before = time.monotonic()
            found[what := seen(source)] += 1
            mixed += [(before, time.monotonic())] * (what == "MIXTURE")
            print(number + 1, dict(found), file=sys.stderr, flush=True)
        over.set()
        writer.join()
        noted = [tuple(map(float, line.split())) for line in rests.read_text(encoding="utf-8").splitlines()]
    at_rest = sum(any(begin < end and until > start for begin, until in noted) for start, end in mixed)
    found.update({"MIXTURE": -at_rest, "half a rewrite, at rest for over two seconds": at_rest})
    for what, times in sorted(found.items()):
        print(f"{times:5} {what}")
    return int(found["MIXTURE"] > 0)


if __name__ == "__main__":
    sys.exit(main())
