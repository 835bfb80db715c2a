"""Programs whose truth is known: how often each design's 95% interval holds it, and how wrong the simple comparison is.

.venv/bin/python tests/benchmarks/programs_recovery.py --seeds 100 --accounts 1500 --out /tmp/programs_recovery.jsonl

With --without-effect no program does anything, and the last lines say how many companies name one all the same.

Each seed is one sample company (`helpers.sample`), analyzed as notebook 40 does it: account-months, driver scores as
the diagnosis reads them, both outcomes. One line a seed is appended to `--out`; a run that was stopped goes on where it
was. The table: truth, mean of the simple comparison, mean and standard deviation of the estimate, mean standard error,
share of intervals that hold the truth with its binomial standard error, and the target.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import programs, sample, sources
from helpers.ledger import account_months
from helpers.programs import hazard
from helpers.remorse import health
from helpers.sample.parameters import PARAMETERS
from helpers.sample.truth import both_arms
from helpers.stats import Z

# program, outcome, design → truth (None: the risk difference of both arms lived through), and the coverage asked for
TRUTHS = {
    (name, outcome, design): (PARAMETERS[outcome]["programs"].get(name, 0.0), target)
    for name in ("customer_community", "value_coaching")
    for outcome in ("churn", "expansion")
    for design, target in (("hazard, SIMEX", 0.90), ("hazard", None))
} | {
    ("outcome_workshop", "churn", "randomized offer"): (None, 0.90),
    ("outcome_workshop", "churn", "randomized offer, unadjusted"): (None, None),
}
HEADER = (
    f"{'program, outcome, design':62}{'truth':>8}{'simple':>8}{'mean':>8}{'sd':>8}{'s.e.':>8}"
    f"{'coverage':>10}{'± s.e.':>8}  target"
)


def designs(seed: int, accounts: int, draws: int) -> list[pd.DataFrame]:
    """What every design says about one sample company, a table an outcome."""
    with tempfile.TemporaryDirectory() as folder:
        sample.write(Path(folder) / "company", accounts, seed)
        tables = sources.open(Path(folder) / "company" / "source.toml", "")
        history = account_months.history(tables)
        enrolments, lots = account_months.enrolments(tables), account_months.lots(tables)
        readings = health.read(tables)
    scores = programs.scores_of(readings.latent, readings.known_on)
    given = (history.months, history.last, enrolments, lots)
    return [programs.designs(*given, outcome, scores, readings.noise, draws) for outcome in programs.OUTCOMES]


def company(seed: int, accounts: int, draws: int) -> list[dict]:
    """Every design's row of one company: what is quoted of them is worked out later, so a rule can be tried again."""
    rows = programs.together(*designs(seed, accounts, draws))
    return json.loads(rows[programs.COLUMNS].to_json(orient="records"))


def without_effect() -> None:
    """Takes the effects of all programs out of the sample company, for this process."""
    for outcome in programs.OUTCOMES:
        PARAMETERS[outcome]["programs"] = dict.fromkeys(PARAMETERS[outcome]["programs"], 0.0)


def said(rows: pd.DataFrame) -> pd.DataFrame:
    """What the page would call an effect, company by company; `is_true`: the program has one, in that direction."""
    quoted = pd.concat([programs.quoted(own).assign(seed=seed) for seed, own in rows.groupby("seed")])
    shown = quoted[quoted.apply(programs.is_shown, axis=1)]
    truth = [PARAMETERS[outcome]["programs"].get(name, 0.0) for name, outcome in zip(*_keys(shown), strict=True)]
    shown = shown.assign(is_true=[t * estimate > 0 for t, estimate in zip(truth, shown["estimate"], strict=True)])
    shown = shown.assign(is_model=shown["scale"] != "risk difference")
    return shown.sort_values(["seed", "is_model", "p_adjusted"], kind="stable")


def _keys(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return rows["program"], rows["outcome"]


def errors(rows: pd.DataFrame, has_effects: bool) -> list[str]:
    """How many companies name an effect that is none: in any row, and in the bottom line."""
    shown, n = said(rows), rows["seed"].nunique()
    first = shown.drop_duplicates("seed")
    lines = [f"{n} companies; {shown['seed'].nunique()} name an effect"]
    if has_effects:
        some = max(first["seed"].nunique(), 1)
        lines += [
            _share("bottom line names a wrong one, of those that name one", (~first["is_true"]).sum(), some, 0.10),
            _share("any row names a wrong one, of all", shown.loc[~shown["is_true"], "seed"].nunique(), n, 0.10),
        ]
    else:
        lines.append(_share("name an effect though there is none", shown["seed"].nunique(), n, 0.05))
    wrong = shown.loc[~shown["is_true"], ["seed", "program", "outcome", "design", "estimate", "n_events", "p_adjusted"]]
    return [*lines, wrong.to_string(index=False) if len(wrong) else "none is wrong"]


def _share(what: str, k: int, n: int, target: float) -> str:
    share = k / n
    error = (share * (1 - share) / n) ** 0.5
    return f"{what:55}{share:>7.3f} ± {error:.3f} ({k} of {n}); target ≤ {target:.2f}"


def done(out: Path) -> dict[int, list[dict]]:
    """The seeds that an earlier run has finished; half a line at the end was a run that was stopped."""
    found = {}
    for line in out.read_text(encoding="utf-8").splitlines() if out.is_file() else ():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[row["seed"]] = row["rows"]
    return found


def table(rows: pd.DataFrame, risk_difference: float) -> list[str]:
    """One line a case."""
    lines = [HEADER]
    for (program, outcome, design), (truth, target) in TRUTHS.items():
        truth = risk_difference if truth is None else truth
        own = rows[(rows["program"] == program) & (rows["outcome"] == outcome) & (rows["design"] == design)]
        own = own.dropna(subset=["estimate"])
        if own.empty:
            continue
        share = float(((own["low"] <= truth) & (truth <= own["high"])).mean())
        error = (share * (1 - share) / len(own)) ** 0.5
        spread = float(((own["high"] - own["low"]) / (2 * Z)).mean())
        numbers = (truth, own["naive"].mean(), own["estimate"].mean(), own["estimate"].std(), spread)
        said = "" if target is None else f"≥ {target:.2f}{'' if share >= target else ' MISSED'}"
        lines.append(
            f"{f'{program}, {outcome}, {design}':62}"
            + "".join(f"{number:>8.3f}" for number in numbers)
            + f"{share:>10.3f}{error:>8.3f}  {said}"
        )
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=100, help="companies (default 100)")
    options.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    options.add_argument("--accounts", type=int, default=1500, help="accounts of each (default 1500)")
    options.add_argument("--out", type=Path, default=Path("programs_recovery.jsonl"), help="where each seed is kept")
    options.add_argument("--draws", type=int, default=hazard.DRAWS, help="SIMEX's draws a level (default: the page's)")
    options.add_argument("--without-effect", action="store_true", help="no program does anything: who names one?")
    given = options.parse_args()
    if given.without_effect:
        without_effect()
    started, finished = time.monotonic(), done(given.out)
    seeds = range(given.first, given.first + given.seeds)
    with given.out.open("a", encoding="utf-8") as file:
        for seed in seeds:
            if seed not in finished:
                finished[seed] = company(seed, given.accounts, given.draws)
                file.write(json.dumps({"seed": seed, "accounts": given.accounts, "rows": finished[seed]}) + "\n")
                file.flush()
    rows = pd.DataFrame([row | {"seed": seed} for seed in seeds for row in finished[seed]])
    lines = [] if given.without_effect else table(rows, both_arms()["left_difference"])
    print("\n".join([*lines, *errors(rows, not given.without_effect)]))
    print(f"{given.seeds} companies of {given.accounts} accounts, {time.monotonic() - started:.0f} s in this run")


if __name__ == "__main__":
    main()
