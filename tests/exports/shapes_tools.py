"""Shapes of what Chargebee, Recurly, ChartMogul, Salesforce, HubSpot, Delighted and SurveyMonkey give out."""

import json

from shapes import PLAIN, Shape, csv, epoch

CHARGEBEE = "https://datacatalog.chargebee.com/subscription_mrr_changes"
HISTORY = "https://datacatalog.chargebee.com/subscription_mrr_history"
RECURLY = "https://docs.recurly.com/recurly-subscriptions/docs/subscription-history-export"
CHARTMOGUL = "https://dev.chartmogul.com/reference/list-activities"
FIXTURE = "https://github.com/chartmogul/chartmogul-ruby"
SALESFORCE = "https://developer.salesforce.com/docs/platform/salesforce-soql-sosl/guide/sforce-api-calls-soql-querying-currency-fields.md"
DELETED = "https://developer.salesforce.com/docs/atlas.en-us.242.0.api_rest.meta/api_rest/dome_queryall.htm"
HUBSPOT = "https://knowledge.hubspot.com/crm-deals/hubspots-default-deal-properties"
DELIGHTED = "https://delighted.com/docs/api/listing-survey-responses"
SURVEYMONKEY = "https://github.com/SurveyMonkey/public_api_docs"
STARTS, MRR, KIND = ("subscriptions.starts_on",), ("opportunities.mrr",), ("opportunities.kind",)


def plain(then: float, now: float) -> dict[str, float]:
    return {"2025-06": 100 * PLAIN + then, "2026-10": 100 * PLAIN + now}


def chargebee(name: str, *rows: str, then=0.0, now=0.0, source=CHARGEBEE, prefix="") -> Shape:
    """`rows`: status, MRR, recorded, from, to."""
    known = f"id,customer_id,subscription_id,currency_code,{prefix}status,{prefix}mrr"
    header = f"{known},record_recorded_at,record_start_at,record_end_at"
    base = [f"{n},p{n},sp{n},USD,active,100,2024-01-02,2024-01-0{n % 9 + 1} 09:00:00," for n in range(PLAIN)]
    written = [f"{n + 90},a,sa,USD,{row}" for n, row in enumerate(rows)]
    customers = csv(
        "id,billing_address_company,billing_address_country",
        *(f"{each},{each},US" for each in ("a", *(f"p{n}" for n in range(PLAIN)))),
    )
    table = "subscription_mrr_history.csv" if prefix else "subscription_mrr_changes.csv"
    return Shape(
        f"Chargebee: {name}",
        "chargebee",
        source,
        {table: csv(header, *base, *written), "customers.csv": customers},
        plain(then, now),
    )


def recurly(name: str, *rows: str, then=0.0, now=0.0, asks=(), tax="") -> Shape:
    """`rows`: expires, state, from, to, unit, length, quantity, amount, in trial."""
    header = (
        "subscription_uuid,account_code,plan_name,subscription_currency,subscription_expires_at,subscription_state,version_started_at,version_ended_at,"
        "version_plan_interval_unit,version_plan_interval_length,version_subscription_quantity,"
        f"version_total_recurring_amount,version_in_trial{tax and ',tax_inclusive'}"
    )
    base = [
        f"up{n},p{n},Gold,USD,,active,2024-01-0{n % 9 + 1} 03:22:25 PST,,months,1,1,100,N{tax and ',N'}"
        for n in range(PLAIN)
    ]
    return Shape(
        f"Recurly: {name}",
        "recurly",
        RECURLY,
        {"subscription_history.csv": csv(header, *base, *(f"ua,a,Gold,USD,{row}{tax}" for row in rows))},
        plain(then, now),
        asks=asks,
    )


def chartmogul(name: str, *rows: tuple, then=0.0, now=0.0, asks=(), source=CHARTMOGUL, has_more=False) -> Shape:
    """`rows`: day, type, movement, MRR after it; where they differ the customer, subscription and source."""
    base = [(f"2024-01-0{n % 9 + 1}", "new_biz", 10000, 10000, f"p{n}", f"sp{n}", "b1") for n in range(PLAIN)]
    every = [(*row, *("a", "sa", "b1")[len(row) - 4 :]) for row in [*base, *rows]]
    entries = [
        {
            "date": f"{day}T01:00:00+00:00",
            "type": kind,
            "activity-mrr-movement": moved,
            "activity-mrr": after,
            "currency": "USD",
            "customer-uuid": who,
            "customer-name": who,
            "subscription-external-id": what,
            "plan-external-id": f"plan of {what}",
            "billing-connector-uuid": where,
        }
        for day, kind, moved, after, who, what, where in every
    ]
    return Shape(
        f"ChartMogul: {name}",
        "chartmogul",
        source,
        {"activities-1.json": json.dumps({"entries": entries, "has_more": has_more})},
        plain(then, now),
        asks=asks,
    )


OURS = {
    "accounts.csv": csv("account_id,name,segment", "A,Acme,S", "B,Bolt,L"),
    "subscriptions.csv": csv(
        "subscription_id,account_id,starts_on,ends_on,mrr,currency",
        "s1,A,2024-01-01,,1000,USD",
        "s2,B,2024-02-01,,500,USD",
    ),
}


def salesforce(
    name: str, *rows: str, deals: dict, asks=(), source=SALESFORCE, header="CurrencyIsoCode,IsDeleted"
) -> Shape:
    """`rows`: account, amount, type, and what `header` names."""
    columns = f"Id,CreatedDate,CloseDate,IsClosed,IsWon,LeadSource,AccountId,Amount,Type,{header}"
    written = [f"00{n},2026-03-04T09:15:00.000+0000,2026-05-20,true,true,Web,{row}" for n, row in enumerate(rows)]
    accounts = csv(
        "Id,Name,Type,Industry,BillingCountry,AccountSource", "A,Acme,S,Energy,US,Web", "B,Bolt,L,Energy,DE,Web"
    )
    files = {
        "Account.csv": accounts,
        "Opportunity.csv": csv(columns, *written),
        "subscriptions.csv": OURS["subscriptions.csv"],
    }
    return Shape(f"Salesforce: {name}", "salesforce", source, files, deals=deals, asks=asks)


def hubspot(name: str, *rows: str, deals: dict, asks=(), header="Currency") -> Shape:
    """`rows`: type, amount, MRR, companies, and what `header` names."""
    days = "Record ID,Create Date,Close Date,Is Closed Won,Is closed lost,Original Traffic Source"
    columns = f"{days},Deal Type,Amount,Monthly recurring revenue (MRR),Associated Company IDs,{header}"
    written = [f"7{n},2026-03-04 09:15,2026-05-20 10:00,true,false,Email Marketing,{row}" for n, row in enumerate(rows)]
    companies = csv("Record ID,Company name,Type,Industry,Country/Region", "A,Acme,S,ENERGY,US", "B,Bolt,L,ENERGY,DE")
    files = {
        "companies.csv": companies,
        "deals.csv": csv(columns, *written),
        "subscriptions.csv": OURS["subscriptions.csv"],
    }
    return Shape(f"HubSpot: {name}", "hubspot", HUBSPOT, files, deals=deals, asks=asks)


def delighted(name: str, *answers: dict, scores: dict, asks=()) -> Shape:
    usual = {
        "person": "10",
        "survey_type": "nps",
        "created_at": epoch("2026-08-01"),
        "person_properties": {"account_id": "A"},
    }
    listed = [{"id": str(n), **usual, **answer} for n, answer in enumerate(answers)]
    return Shape(
        f"Delighted: {name}",
        "delighted",
        DELIGHTED,
        OURS | {"survey_responses-1.json": json.dumps(listed)},
        scores=scores,
        asks=asks,
    )


def question(number: str, heading: str, labels: list[str], subtype="rating") -> dict:
    choices = [{"id": f"{number}_{n}", "text": label} for n, label in enumerate(labels)]
    return {
        "id": number,
        "family": "matrix",
        "subtype": subtype,
        "headings": [{"heading": heading}],
        "answers": {"choices": choices},
    }


LIKELY = ["Not at all likely - 0", *map(str, range(1, 10)), "Extremely likely - 10"]
FIRST = ["0 - Not at all likely", *map(str, range(1, 10)), "10 - Extremely likely"]
NPS = question("500", "How likely are you to recommend us?", LIKELY)


def surveymonkey(name: str, *answers: dict, scores: dict, asks=(), questions=(NPS,)) -> Shape:
    """`answers`: `asked` and `score` of each, and what else is unusual about it."""
    rows = [
        {
            "id": f"r{n}",
            "recipient_id": "0",
            "response_status": "completed",
            "collection_mode": "default",
            "custom_variables": {"account_id": "A"},
            "date_created": "2026-08-18T21:57:14+00:00",
            "date_modified": "2026-08-18T21:59:38+00:00",
            "pages": [
                {
                    "questions": [
                        {
                            "id": each.get("asked", "500"),
                            "answers": [{"choice_id": f"{each.get('asked', '500')}_{each['score']}"}],
                        }
                    ]
                }
            ],
            **{key: value for key, value in each.items() if key not in ("asked", "score")},
        }
        for n, each in enumerate(answers)
    ]
    files = {
        "details.json": json.dumps({"pages": [{"questions": list(questions)}]}),
        "responses-1.json": json.dumps({"data": rows}),
    }
    return Shape(f"SurveyMonkey: {name}", "surveymonkey", SURVEYMONKEY, OURS | files, scores=scores, asks=asks)


BILLING = [
    chargebee(
        "non_renewing still pays",
        "active,100,2024-02-02,2024-02-01,2025-04-10",
        "non_renewing,100,2025-04-11,2025-04-10,2026-12-01",
        then=100,
        now=100,
    ),
    chargebee(
        "a pause pays nothing",
        "active,50,2024-02-02,2024-02-01,2025-05-01",
        "paused,0,2025-05-02,2025-05-01,2026-05-01",
        "active,50,2026-05-02,2026-05-01,",
        now=50,
    ),
    chargebee(
        "a pause at its MRR pays nothing",
        "active,50,2024-02-02,2024-02-01,2025-05-01",
        "paused,50,2025-05-02,2025-05-01,",
    ),
    chargebee(
        "transferred goes on elsewhere",
        "active,75,2024-02-02,2024-02-01,2026-03-01",
        "transferred,75,2026-03-02,2026-03-01,",
        then=75,
        source="https://apidocs.chargebee.com/docs/api/business_entity_transfers",
    ),
    chargebee(
        "a trial pays nothing",
        "in_trial,100,2025-06-02,2025-06-01,2025-07-01",
        "active,100,2025-07-02,2025-07-01,",
        now=100,
    ),
    chargebee(
        "future has not begun",
        "future,100,2024-02-02,2024-02-01,2026-01-01",
        "active,100,2026-01-02,2026-01-01,",
        now=100,
    ),
    chargebee(
        "cancelled is over", "active,60,2024-02-02,2024-02-01,2026-03-01", "cancelled,0,2026-03-02,2026-03-01,", then=60
    ),
    chargebee("no MRR is none", "active,,2024-02-02,2024-02-01,"),
    chargebee(
        "two changes in one day",
        "active,60,2024-02-02,2024-02-01 09:00:00,2024-02-01 17:00:00",
        "active,80,2024-02-02,2024-02-01 17:00:00,",
        then=80,
        now=80,
    ),
    chargebee(
        "one change recorded twice",
        "active,100,2024-02-02,2024-02-01 09:00:00,",
        "active,80,2024-03-05,2024-02-01 09:00:00,",
        then=80,
        now=80,
    ),
    chargebee(
        "the table of MRR history", "active,100,,2024-02-01,", then=100, now=100, source=HISTORY, prefix="subscription_"
    ),
    recurly("quantity, units and add-ons", ",active,2024-02-01 03:22:25 PST,,months,1,2,120,N", then=120, now=120),
    recurly("a half year", ",active,2024-02-01 03:22:25 PST,,months,6,1,720,N", then=120, now=120),
    recurly("a year", ",active,2024-02-01 03:22:25 PST,,years,1,1,1200,N", then=100, now=100),
    recurly("a week", ",active,2024-02-01 03:22:25 PST,,weeks,1,1,30,N", then=130, now=130),
    recurly(
        "a trial pays nothing",
        ",active,2025-06-01 03:22:25 PST,2025-07-01 03:22:25 PST,months,1,1,100,Y",
        ",active,2025-07-01 03:22:25 PST,,months,1,1,100,N",
        now=100,
    ),
    recurly("a pause pays nothing", ",paused,2024-02-01 03:22:25 PST,,months,1,1,100,N"),
    recurly(
        "expired is gone",
        ",active,2024-02-01 03:22:25 PST,2026-02-01 03:22:25 PST,years,1,1,1200,N",
        "2026-02-01 03:22:25 PST,expired,2026-02-01 03:22:25 PST,,years,1,1,1200,N",
        then=100,
    ),
    recurly(
        "a cancellation is taken back",
        ",active,2024-02-01 00:00:00 PST,2025-01-15 00:00:00 PST,months,1,1,100,N",
        "2026-12-01 00:00:00 PST,canceled,2025-01-15 00:00:00 PST,2026-02-01 00:00:00 PST,months,1,1,100,N",
        ",active,2026-02-01 00:00:00 PST,,months,1,1,100,N",
        then=100,
        now=100,
    ),
    recurly(
        "prices with tax are asked",
        ",active,2024-02-01 03:22:25 PST,,months,1,1,120,N",
        then=120,
        now=120,
        tax=",Y",
        asks=("subscriptions.mrr",),
    ),
    chartmogul(
        "new, more, less",
        ("2024-02-06", "new_biz", 6000, 6000),
        ("2025-02-06", "expansion", 3000, 9000),
        ("2026-02-06", "contraction", -2000, 7000),
        then=90,
        now=70,
    ),
    chartmogul(
        "a cent is left when a customer leaves",
        ("2024-02-06", "new_biz", 8333, 8333),
        ("2025-02-06", "contraction", -4166, 4167),
        ("2026-01-06", "churn", -4166, 0),
        then=41.67,
        source=FIXTURE,
    ),
    chartmogul(
        "a cent too much when a customer leaves",
        ("2024-02-06", "new_biz", 8333, 8333),
        ("2025-02-06", "contraction", -4166, 4167),
        ("2026-01-06", "churn", -4168, 0),
        then=41.67,
        source=FIXTURE,
    ),
    chartmogul(
        "left, and back",
        ("2024-02-06", "new_biz", 8333, 8333),
        ("2025-02-06", "churn", -8332, 0),
        ("2026-02-06", "reactivation", 5000, 5000),
        now=50,
    ),
    chartmogul(
        "two movements in one day",
        ("2024-02-06", "new_biz", 6000, 6000),
        ("2024-02-06", "expansion", 1000, 7000),
        then=70,
        now=70,
    ),
    chartmogul(
        "two subscriptions of a customer",
        ("2024-02-06", "new_biz", 6000, 6000),
        ("2024-03-06", "expansion", 4000, 10000, "a", "sb"),
        ("2026-03-06", "contraction", -6000, 4000),
        then=100,
        now=40,
    ),
    chartmogul(
        "two sources give one id",
        ("2024-02-06", "new_biz", 6000, 6000),
        ("2024-03-06", "new_biz", 4000, 4000, "b", "sa", "b2"),
        ("2026-03-06", "churn", -6000, 0),
        then=100,
        now=40,
    ),
    chartmogul(
        "a list from a day on",
        ("2025-03-06", "contraction", -4000, 6000),
        ("2026-02-06", "expansion", 5000, 11000),
        then=60,
        now=110,
        asks=STARTS,
    ),
    chartmogul(
        "a list from a day on, and a customer who left", ("2026-05-06", "churn", -20000, 0), then=200, asks=STARTS
    ),
    chartmogul(
        "a page is missing",
        ("2024-02-06", "new_biz", 6000, 6000),
        then=60,
        now=60,
        has_more=True,
        asks=("subscriptions.subscription_id",),
    ),
]

DEALS = [
    salesforce(
        "types as they are shipped",
        "A,12000,Existing Customer - Upgrade,USD,false",
        "A,24000,New Customer,USD,false",
        "B,6000,Existing Customer - Replacement,USD,false",
        deals={"000": ("expansion", 1000), "001": ("new", 2000), "002": ("renewal", 500)},
    ),
    salesforce(
        "a downgrade is no sale",
        "A,12000,Existing Customer - Upgrade,USD,false",
        "A,6000,Existing Customer - Downgrade,USD,false",
        deals={"000": ("expansion", 1000)},
    ),
    salesforce("no type", "A,12000,,USD,false", deals={"000": ("expansion", 1000)}, asks=KIND),
    salesforce("a type of their own", "A,12000,Partner Deal,USD,false", deals={"000": ("expansion", 1000)}, asks=KIND),
    salesforce(
        "several currencies",
        "A,12000,Upgrade,USD,false",
        "B,1800000,Upgrade,JPY,false",
        deals={"000": ("expansion", 1000), "001": ("expansion", 150000)},
        asks=MRR,
    ),
    salesforce("all in another currency", "A,12000,Upgrade,EUR,false", deals={"000": ("expansion", 1000)}, asks=MRR),
    salesforce(
        "deleted rows",
        "A,12000,Upgrade,USD,false",
        "A,24000,Upgrade,USD,true",
        deals={"000": ("expansion", 1000)},
        source=DELETED,
    ),
    salesforce(
        "neither currency nor deleted rows",
        "A,12000,Upgrade,Closed Won",
        deals={"000": ("expansion", 1000)},
        header="StageName",
    ),
    salesforce(
        "no account", "A,12000,Upgrade,USD,false", ",24000,Upgrade,USD,false", deals={"000": ("expansion", 1000)}
    ),
    salesforce("no amount", "A,,Upgrade,USD,false", deals={"000": ("expansion", 0)}),
    hubspot("MRR from line items", "Existing Business,12000,100,A,USD", deals={"70": ("expansion", 100)}),
    hubspot(
        "an amount without line items",
        "Existing Business,12000,,A,USD",
        "Existing Business,6000,0,B,USD",
        deals={"70": ("expansion", 1000), "71": ("expansion", 500)},
        asks=MRR,
    ),
    hubspot(
        "several currencies", "Existing Business,1800000,150000,A,JPY", deals={"70": ("expansion", 150000)}, asks=MRR
    ),
    hubspot(
        "no currency column",
        "Existing Business,12000,100,A,Closed",
        deals={"70": ("expansion", 100)},
        header="Deal Stage",
    ),
    hubspot("no type", ",12000,100,A,USD", deals={"70": ("expansion", 100)}, asks=KIND),
    hubspot(
        "types as they are shipped",
        "New Business,12000,100,A,USD",
        "newbusiness,12000,100,A,USD",
        "existingbusiness,12000,100,A,USD",
        "Renewal,12000,100,A,USD",
        deals={"70": ("new", 100), "71": ("new", 100), "72": ("expansion", 100), "73": ("renewal", 100)},
    ),
    hubspot("several companies", "Existing Business,12000,100,B;A,USD", deals={"70": ("expansion", 100)}),
    hubspot(
        "a primary company",
        "Existing Business,12000,100,X;A,A",
        deals={"70": ("expansion", 100)},
        header="Associated Company IDs (Primary)",
    ),
    hubspot(
        "no company",
        "Existing Business,12000,100,A,USD",
        "Existing Business,12000,100,,USD",
        deals={"70": ("expansion", 100)},
    ),
]

SURVEYS = [
    delighted("other surveys are no NPS", {"score": 9}, {"score": 1, "survey_type": "csat"}, scores={"0": 9}),
    delighted(
        "answers without an account",
        {"score": 9},
        {"score": 1, "person_properties": None},
        {"score": 2, "person_properties": {}},
        scores={"0": 9},
        asks=("surveys.account_id",),
    ),
    delighted("an expanded person", {"score": 9, "person": {"id": "10", "name": "P"}}, scores={"0": 9}),
    delighted(
        "one person answers twice",
        {"score": 9},
        {"score": 3, "created_at": epoch("2026-09-01")},
        scores={"0": 9, "1": 3},
    ),
    surveymonkey(
        "trial runs",
        {"score": 2},
        {"score": 10, "collection_mode": "preview"},
        {"score": 10, "collection_mode": "survey_preview"},
        scores={"r0": 2},
    ),
    surveymonkey(
        "screened out",
        {"score": 2},
        {"score": 10, "response_status": "disqualified"},
        {"score": 10, "response_status": "overquota"},
        scores={"r0": 2},
    ),
    surveymonkey(
        "a partial answer counts", {"score": 2}, {"score": 10, "response_status": "partial"}, scores={"r0": 2, "r1": 10}
    ),
    surveymonkey(
        "the number first",
        {"score": 0},
        {"score": 10},
        scores={"r0": 0, "r1": 10},
        questions=[question("500", "How likely?", FIRST)],
    ),
    surveymonkey(
        "numbers alone",
        {"score": 0},
        {"score": 10},
        scores={"r0": 0, "r1": 10},
        questions=[question("500", "Recommend us?", list(map(str, range(11))))],
    ),
    surveymonkey(
        "two scales, one says recommend",
        {"score": 2},
        {"score": 10, "asked": "600"},
        scores={"r0": 2},
        questions=[NPS, question("600", "How easy was it?", list(map(str, range(11))))],
    ),
    surveymonkey(
        "two scales, none says recommend",
        {"score": 2},
        {"score": 10, "asked": "600"},
        scores={"r0": 2},
        asks=("surveys.item",),
        questions=[question("500", "Q1", LIKELY), question("600", "Q2", list(map(str, range(11))), "vertical")],
    ),
    surveymonkey(
        "two scales alike",
        {"score": 2},
        {"score": 10, "asked": "600"},
        scores={"r0": 2, "r1": 10},
        asks=("surveys.item",),
        questions=[question("500", "Q1", LIKELY), question("600", "Q2", LIKELY)],
    ),
    surveymonkey(
        "no scale",
        {"score": 1},
        scores={},
        asks=("surveys.item",),
        questions=[question("500", "How likely?", ["Unlikely", "Likely"])],
    ),
    surveymonkey(
        "answers without an account",
        {"score": 2},
        {"score": 10, "custom_variables": {}},
        scores={"r0": 2},
        asks=("surveys.account_id",),
    ),
]

SHAPES = [*BILLING, *DEALS, *SURVEYS]
