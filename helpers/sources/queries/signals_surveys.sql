-- One row per account and item of the purchase survey: the mean of its contacts' latest answers given by the cut-off,
-- {cutoff_days} days after the account first paid.
-- Of every {every}th account in order of account_id, the {part}th of them.
with starts as (
    select account_id, first_paid_on + {cutoff_days} as cutoff_on
    from _starts
    where account_id in (select account_id from _places where mod(place, {every}) = {part})
),
answers as (
    select
        v.account_id,
        v.item,
        v.score,
        v.answered_on,
        row_number() over (
            partition by v.account_id, v.item, coalesce(v.contact_id, '')
            order by v.answered_on desc, v.response_id desc
        ) as place
    from surveys as v
    join starts as t on t.account_id = v.account_id
    where v.survey = 'purchase_regret' and v.score is not null and v.answered_on <= t.cutoff_on
)
select account_id, item, avg(score) as score, max(answered_on) as known_on
from answers
where place = 1
group by account_id, item
order by account_id, item
