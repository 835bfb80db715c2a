"""The sample company: a made-up B2B software company of any size, and the truth about it, which no table tells.

Thirty-six months ending 2026-10. How it lives is in `world`, what it bills in `billing`, what its
customers show in `signals`, what it does with them in `contacts` and `deals`; the truth in `truth`.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.sample import billing, contacts, deals, signals
from helpers.sample import truth as truths
from helpers.sample import world as worlds
from helpers.sample.parameters import LAST_DAY, SEGMENTS
from helpers.sources import schema

FEWEST = 50
MARK = "# The sample company, written by `python -m helpers sample`."
TRUTH_MARK = '{\n "about": "The truth about a sample company of After the Deal'

INDUSTRIES = {
    "Software": "Systems Labs Software Cloudworks Analytics Data Logic Networks",
    "Manufacturing": "Industries Tooling Castings Fabrication Motors Components Machines Steelworks",
    "Logistics": "Freight Logistics Shipping Haulage Cargo Couriers Transport Warehousing",
    "Retail": "Outfitters Stores Trading Market Grocers Homeware Supply Provisions",
    "Healthcare": "Clinics Health Diagnostics Care Therapeutics Medical Dental Pharma",
    "Financial services": "Capital Insurance Credit Advisors Bank Leasing Payments Mutual",
    "Education": "Academy Learning Schools Publishing Institute Tutoring Campus College",
    "Energy": "Power Energy Solar Grid Wind Utilities Hydro Heating",
}
ROOTS = (
    "Alder Amber Aspen Atlas Auburn Avalon Bankside Beacon Birch Blackwater Bluestone Bramble Bridgewater "
    "Brightwell Calder Cambria Canyon Cedar Chalk Clearbrook Cobalt Compass Copper Crestline Crosswind Dalton Delta "
    "Dunmore Eastgate Ember Everleigh Fairhaven Falcon Fernwood Fjord Foxglove Garnet Glenmoor Granite Greyfriars "
    "Harbour Hawthorn Heron Highfield Hollis Ironbridge Ivory Juniper Kestrel Kingsway Lakeside Larch Lighthouse "
    "Linden Lowell Maple Marlow Meridian Millbrook Monarch Northgate Oakridge Orchard Osprey Pemberton Pinnacle "
    "Quarry Quill Ravenna Redwood Ridgeway Rowan Saffron Sandstone Severn Silverlake Southbank Spruce Stonebridge "
    "Summit Tamar Thistle Tidewater Umber Valley Verdant Vista Waterford Westmark Whitby Willow Windermere Yarrow "
    "Zephyr"
)
REGIONS = np.array(["North America", "Europe", "Asia-Pacific", "Latin America"], object)
SOURCES = np.array(["inbound", "outbound", "partner", "event"], object)
ENDINGS = ("", " Group", ", Inc.", " Ltd", " & Co.", " GmbH", " S.A.", " Partners")
# Names that a CSV file must quote or encode with care.
SPECIAL = (
    "Håkansson & Söner",
    "O'Dell Brothers, Inc.",
    "Müller, Roth & Partner",
    'The "Blue Door" Company',
    "Société Lumière",
    "Åse & Bjørn AS",
    "Peña Hermanos, S.L.",
    "D'Angelo, D'Angelo & Figli",
    "Łódź 1871 S.A.",
    "Smith; Smith; Smith",
    "Çelik Kardeşler A.Ş.",
    "東海商事 (Tokai Shoji)",
)


def company(accounts: int = 1200, seed: int = 1) -> tuple[dict[str, pd.DataFrame], dict]:
    """The eleven tables of a sample company, and the truth about it.

    accounts: customers and trials, 50 or more; seed: a whole number, 0 or more. The same two numbers give the same
    company everywhere. Tables are keyed by name, with the columns and types of `schema`. The truth is a dict that
    JSON can hold: every parameter, the drivers of each account, and what was drawn; see its "about".

    >>> tables, truth = company(50, seed=3)
    >>> list(tables)[:3], len(tables["accounts"]), truth["parameters"]["churn"]["drivers"]["value"]
    (['accounts', 'subscriptions', 'surveys'], 50, 0.45)
    """
    if accounts < FEWEST:
        raise ValueError(f"A sample company has at least {FEWEST} accounts; {accounts} were asked for.")
    if seed < 0:
        raise ValueError(f"The seed of a sample company is 0 or more; it is {seed}.")
    world = worlds.people(accounts, seed)
    numbers = worlds.draws(world)
    lives = worlds.live(world, numbers)
    billed = billing.bill(world, lives, numbers)
    tickets = signals.tickets(world, lives, billed.seats)
    made = {
        "accounts": _accounts(world, billed),
        "subscriptions": billed.subscriptions,
        "surveys": signals.surveys(world, lives, tickets[tickets.closed_on.notna()]),
        "onboarding": signals.onboarding(world, lives),
        "usage": signals.usage(world, lives, billed.seats),
        "tickets": tickets,
        "programs": contacts.programs(),
        "touches": contacts.touches(world, lives, numbers, billed),
        "opportunities": deals.opportunities(world, lives, billed),
        "advocacy": deals.advocacy(world, lives),
        "changes": deals.changes(world, lives, numbers),
    }
    return {name: made[name] for name in schema.CORE}, truths.truth(world, lives)


def _accounts(world, billed) -> pd.DataFrame:
    stream, n = worlds.rng(world.seed, "accounts"), world.n
    industry = worlds.pick(stream.random(n), [0.2, 0.17, 0.12, 0.14, 0.12, 0.11, 0.08, 0.06])
    region = worlds.pick(stream.random(n), [0.45, 0.35, 0.13, 0.07])
    source = worlds.pick(stream.random(n), [0.4, 0.3, 0.18, 0.12])
    first = billed.cents[np.arange(n), worlds.month_of(world.start)] / 100
    cost = np.round(12 * first * 0.22 * np.exp(0.35 * stream.standard_normal(n)), 2)
    start = world.start - worlds.days(signals.days_to_signature(world))
    group = np.maximum(1, np.rint(6 + 2 * signals.signal(world, "n_buying_group")))
    return billing.table(
        "accounts",
        account_id=billing.account_ids(range(n)),
        name=_names(world.seed, industry),
        segment=np.array(SEGMENTS, object)[world.segment],
        industry=np.array(list(INDUSTRIES), object)[industry],
        region=REGIONS[region],
        acquisition_source=np.where(deals.by_referral(world), "referral", SOURCES[source]),
        n_buying_group=np.where(stream.random(n) < 0.03, np.nan, group),
        first_contact_on=np.where(world.is_base, billing.NONE, start),
        annual_cost=np.where((first > 0) & (stream.random(n) > 0.08), cost, np.nan),
    )


def _names(seed, industry) -> np.ndarray:
    """Names that nobody shares: a root, a word of the industry and an ending, in an order of their own an industry."""
    stream = worlds.rng(seed, "names")
    names, roots = np.full(len(industry), None, object), ROOTS.split()
    for position, words in enumerate(map(str.split, INDUSTRIES.values())):
        who = np.flatnonzero(industry == position)
        order = stream.permutation(len(roots) * len(words))
        for k, account in enumerate(who):
            root, word = divmod(int(order[k % len(order)]), len(words))
            turn = k // len(order)
            more = f" {turn + 1}" if turn else ""
            names[account] = f"{roots[root]} {words[word]}{ENDINGS[(root * 3 + word * 5) % len(ENDINGS)]}{more}"
    special = stream.permutation(len(industry))[: len(SPECIAL)]
    names[special] = SPECIAL
    return names


def write(folder, accounts: int = 1200, seed: int = 1, truth=None) -> None:
    """Write a sample company: eleven CSV files and `source.toml` into the folder, and the truth into a file apart.

    Only an earlier sample is overwritten; a folder or a truth file that holds anything else raises ValueError.
    """
    folder = Path(folder)
    truth = Path(truth) if truth is not None else None
    _refuse_to_destroy(folder, truth)
    tables, facts = company(accounts, seed)
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / "source.toml", _source(accounts, seed))
    (folder / "reference.csv").unlink(missing_ok=True)  # an earlier sample's
    for name, frame in tables.items():
        _put(folder / f"{name}.csv", _as_text(name, frame).to_csv(index=False, lineterminator="\n"))
    if truth is not None:
        truth.parent.mkdir(parents=True, exist_ok=True)
        _put(truth, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def _put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


def _refuse_to_destroy(folder: Path, truth: Path | None) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; a sample company needs a folder.")
    own = {"source.toml", "reference.csv", *(f"{name}.csv" for name in schema.CORE)}
    if truth is not None and truth.exists() and not _starts(truth, TRUTH_MARK):
        raise ValueError(f"{truth} exists and is not the truth of an earlier sample. Nothing was written.")
    if truth is not None and truth.resolve().parent == folder.resolve() and truth.name in own:
        raise ValueError(f"The truth must not take the place of {truth}. Nothing was written.")
    found = [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.exists() else []
    earlier = _starts(folder / "source.toml", MARK)
    kept = [path for path in found if not (earlier and path.name in own) and not _starts(path, TRUTH_MARK)]
    foreign = sorted(path.name for path in kept)
    if foreign:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise ValueError(f"{folder} holds files that are not a sample's own ({shown}). Nothing was written.")


def _starts(path: Path, mark: str) -> bool:
    return path.is_file() and path.read_bytes().startswith(mark.encode("utf-8"))


def _as_text(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Every value as the CSV file says it: YYYY-MM-DD, money with two decimals, true and false, empty for empty."""
    ways = {
        "date": lambda values: values.dt.strftime("%Y-%m-%d"),
        "month": lambda values: values.dt.strftime("%Y-%m-%d"),
        "money": lambda values: values.map("{:.2f}".format, na_action="ignore"),
        "number": lambda values: values.map("{:.0f}".format, na_action="ignore"),
        "flag": lambda values: values.map({True: "true", False: "false"}, na_action="ignore"),
    }
    said = {column: ways.get(schema.kind(name, column)) for column in frame}
    return pd.DataFrame({column: way(frame[column]) if way else frame[column] for column, way in said.items()})


def _source(accounts: int, seed: int) -> str:
    head = f"""{MARK}
# It makes the same files again from: --accounts {accounts} --seed {seed}

# Where the tables are. `kind = "files"` reads CSV and Parquet; `path` is relative to this file.
# `data_until` is the last day that the data covers: the default report is for the last month that was over by then.
[source]
kind = "files"
path = "."
currency = "USD"
data_until = {LAST_DAY}

# One section a table. `from` is a file, a glob or a table name. Only accounts and subscriptions are required.
# Where your columns have other names, or need a calculation, say so in a section of their own, ours = "yours":
#
#     [tables.subscriptions]
#     from = "contracts.csv"
#     where = "plan <> 'internal'"
#     [tables.subscriptions.columns]
#     account_id = "customer"
#     ends_on = "valid_to + 1"
"""
    return head + "".join(f'\n[tables.{name}]\nfrom = "{name}.csv"\n' for name in schema.CORE)
