-- table: usage
-- column: month
-- needs: subscriptions
-- columns: n_active_users
-- says: people used it after the account's last subscription had ended
-- why: the subscription goes on in fact, or the usage belongs to another account
-- fix: check `ends_on` of these accounts, and how usage is matched to accounts
select u.account_id, u.month, u.n_active_users, e.last_end from _all_usage as u
join (select account_id, max(coalesce(ends_on, date '9999-12-31')) as last_end from _all_subscriptions
    group by account_id) as e on e.account_id = u.account_id
where u.n_active_users > 0 and u.month >= e.last_end
