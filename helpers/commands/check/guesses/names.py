"""Names that exports give to our tables and columns, and what is left of a name when its dress is taken off."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

# Words that say only that a column holds a date: `start_date`, `starts_at` and `starts_on` name the same thing.
DATED = frozenset({"on", "at", "date", "dt", "day", "ts", "timestamp", "time", "datetime", "utc", "gmt"})
QUANTITY = frozenset({"quantity", "qty", "units", "n_units", "number_of_units"})
UNIT_PRICE = frozenset({"unit_price", "price", "price_each", "unit_amount", "price_per_unit"})
INTERVAL = frozenset(
    {
        "interval",
        "billing_interval",
        "plan_interval",
        "billing_period",
        "billing_cycle",
        "billing_frequency",
        "frequency",
        "payment_interval",
        "payment_frequency",
        "charge_interval",
        "period",
    }
)
MONTHS_OF = MappingProxyType(
    {
        "month": 1,
        "months": 1,
        "monthly": 1,
        "quarter": 3,
        "quarterly": 3,
        "half-yearly": 6,
        "semiannual": 6,
        "semi-annual": 6,
        "semi-annually": 6,
        "year": 12,
        "yearly": 12,
        "annual": 12,
        "annually": 12,
    }
)
CURRENCIES = frozenset({"usd", "eur", "gbp", "chf", "jpy"})

# ours → other names in use, without their date words. `table.column` where a name means this only in one table.
_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "account_id": "customer customer_id customer_no customer_number client client_id account account_no account_number "
        "acct_id company_id org_id organization_id organisation_id tenant_id cust_id debtor debtor_id",
        "accounts.account_id": "id",
        "accounts.name": "account_name customer_name company company_name client_name organization organisation legal_name "
        "title",
        "segment": "tier size customer_segment customer_tier company_size market_segment band account_type account_tier",
        "industry": "sector vertical branch naics sic business",
        "region": "country geo geography territory market state area location",
        "acquisition_source": "source lead_source channel acquisition_channel utm_source origin",
        "n_buying_group": "buying_group buying_group_size stakeholders n_stakeholders decision_makers buying_committee",
        "first_contact_on": "first_contact first_touch first_meeting lead_created lead",
        "annual_cost": "cost_to_serve service_cost annual_cost_to_serve support_cost",
        "subscription_id": "subscription contract contract_id contract_no contract_number agreement agreement_id sub_id "
        "subscription_number order_id",
        "subscriptions.subscription_id": "id",
        "product": "plan plan_name plan_id product_name product_id sku package edition",
        "subscriptions.starts_on": "start starts started valid_from begin begins from effective contract_start "
        "subscription_start service_start period_start current_period_start activated "
        "term_start",
        "subscriptions.ends_on": "end ends ended valid_to valid_until until to expiry expires expiration termination "
        "terminated contract_end subscription_end service_end period_end term_end churn churned",
        "programs.starts_on": "start starts started begin launch launched",
        "programs.ends_on": "end ends ended finish stopped",
        "subscriptions.mrr": "monthly_fee monthly_amount amount monthly_revenue monthly_recurring_revenue monthly_price "
        "price fee revenue recurring_amount net_mrr mrr_amount monthly_charge arr acv annual_fee "
        "annual_amount annual_value annual_recurring_revenue yearly_fee annual_contract_value",
        "invoice_id": "invoice invoice_no invoice_number document document_no document_id",
        "line_id": "line line_no line_number line_item line_item_id item_id position",
        "invoiced_on": "invoice invoiced billed billing issued posted document date",
        "service_starts_on": "service_start period_start service_from start from",
        "service_ends_on": "service_end period_end service_to end to",
        "invoices.amount": "net net_amount line_total total line_amount value amount_excl_tax",
        "invoices.kind": "type line_type document_type",
        "rates.valid_from": "day month from valid",
        "rates.rate": "fx exchange_rate fx_rate",
        "currency": "currency_code ccy curr iso_currency",
        "n_seats": "seats seat_count licenses licences n_licenses quantity users licensed_seats",
        "renews_on": "renewal renews next_renewal",
        "cancelled_on": "cancelled canceled cancellation cancel notice notice_given",
        "lost_to": "churn_reason loss_reason lost_reason reason_lost closed_lost_reason competitor",
        "response_id": "response survey_response_id answer_id",
        "surveys.response_id": "id",
        "contact_id": "contact respondent respondent_id person_id email contact_email user_id",
        "surveys.survey": "survey_type survey_name type questionnaire",
        "surveys.item": "question question_id question_text statement",
        "asked_on": "asked sent survey_sent invited",
        "answered_on": "answered responded response completed submitted",
        "surveys.score": "rating answer value nps nps_score answer_value recommend likelihood_to_recommend",
        "updated_on": "updated snapshot as_of last_modified modified last_updated",
        "planned_go_live_on": "planned_go_live go_live_planned target_go_live planned_live due",
        "went_live_on": "went_live go_live actual_go_live live",
        "first_value_on": "first_value time_to_value value_reached",
        "planned_cost": "budget planned_budget estimated_cost quoted_cost",
        "actual_cost": "cost spent actual_spend",
        "onboarding.n_steps": "steps total_steps tasks total_tasks",
        "n_steps_done": "steps_done steps_completed tasks_done completed_tasks completed_steps",
        "n_change_orders": "change_orders changes",
        "usage.month": "period year_month ym usage_month month_start",
        "n_active_users": "active_users mau users active monthly_active_users",
        "n_licensed_seats": "licensed_seats seats licenses licences seat_count",
        "n_features_used": "features_used features n_features",
        "n_help_searches": "help_searches searches searches_in_help",
        "n_failed_help_searches": "failed_help_searches failed_searches searches_without_result zero_result_searches",
        "n_new_use_cases": "new_use_cases use_cases",
        "ticket_id": "ticket case_id case_number case ticket_number issue_id",
        "tickets.ticket_id": "id",
        "tickets.opened_on": "opened created submitted reported",
        "tickets.closed_on": "closed resolved solved",
        "category": "type topic issue_type ticket_type",
        "priority": "severity urgency prio",
        "program": "program_id campaign campaign_id campaign_name program_name",
        "programs.name": "program_name campaign_name title",
        "owner": "team owned_by department",
        "cost_per_touch": "unit_cost cost_per_contact",
        "touch_id": "touch activity_id contact_log_id engagement_id interaction_id",
        "touches.touch_id": "id",
        "stage": "lifecycle_stage phase",
        "touched_on": "touched contacted activity sent",
        "is_business_conversation": "business_conversation business_review",
        "is_randomized": "randomized randomised experiment in_experiment",
        "was_offered": "offered treated treatment",
        "opportunity_id": "opportunity opp_id deal_id deal",
        "opportunities.opportunity_id": "id",
        "opportunities.kind": "type opportunity_type deal_type",
        "sourced_by": "source opportunity_source sourced",
        "opportunities.created_on": "created opened",
        "opportunities.closed_on": "closed close won_lost",
        "status": "stage state outcome",
        "opportunities.mrr": "amount monthly_amount value deal_value arr acv annual_amount",
        "act_id": "act advocacy_id request_id",
        "advocacy.act_id": "id",
        "advocacy.kind": "type activity act_type advocacy_type",
        "requested_on": "requested asked",
        "done_on": "done completed delivered",
        "site": "review_site platform website",
        "rating": "stars review_rating",
        "is_incentivized": "incentivized incentivised incentive",
        "referred_account_id": "referred_account referred_customer_id",
        "change_id": "event_id",
        "changes.change_id": "id",
        "changes.kind": "type change_type event event_type",
        "happened_on": "happened occurred event",
        "detected_on": "detected learned noticed recorded",
    }
)

_FILES: Mapping[str, str] = MappingProxyType(
    {
        "accounts": "account customers customer clients client companies company organizations organisations crm",
        "subscriptions": "subscription contracts contract agreements plans billing recurring mrr revenue",
        "invoices": "invoice invoice_lines lines charges",
        "rates": "rate fx exchange_rates exchange",
        "surveys": "survey nps responses response feedback csat answers",
        "onboarding": "onboardings implementation implementations rollout projects",
        "usage": "product_usage activity engagement telemetry adoption",
        "tickets": "ticket support cases case issues helpdesk",
        "programs": "program campaigns campaign programmes",
        "touches": "touch touchpoints activities interactions contacts engagements",
        "opportunities": "opportunity opps deals deal pipeline",
        "advocacy": "references advocates reviews referrals testimonials",
        "changes": "change events change_events customer_changes",
    }
)


def words(name: str) -> tuple[str, ...]:
    """The words of a name, however it is written.

    >>> words("Customer ID"), words("startDate"), words("MRR (USD)"), words("valid-from")
    (('customer', 'id'), ('start', 'date'), ('mrr', 'usd'), ('valid', 'from'))
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", parted.lower()))


@cache
def plain(name: str) -> str:
    """A name without its dress: words joined, date words and a currency at its end left out.

    >>> plain("Start Date (UTC)"), plain("starts_on"), plain("MRR (USD)"), plain("Date")
    ('start', 'starts', 'mrr', 'date')
    """
    found = list(words(name))
    while len(found) > 1 and found[-1] in DATED | CURRENCIES:
        found.pop()
    return "_".join(found)


@cache
def of_column(table: str, column: str) -> frozenset[str]:
    """Our name of a column and the others that are known for it in this table, plain.

    >>> "valid_from" in of_column("subscriptions", "starts_on"), "valid_from" in of_column("tickets", "opened_on")
    (True, False)
    """
    listed = f"{_OTHERS.get(column, '')} {_OTHERS.get(f'{table}.{column}', '')}"
    return frozenset(map(plain, [column, *listed.split()]))


def of_table(table: str) -> frozenset[str]:
    """Our name of a table and the others that files of its kind have, as single words or joined ones.

    >>> sorted(of_table("tickets"))[:3]
    ['case', 'cases', 'helpdesk']
    """
    return frozenset([table, *_FILES.get(table, "").split()])
