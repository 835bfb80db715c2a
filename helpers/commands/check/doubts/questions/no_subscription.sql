-- table: accounts
-- column: account_id
-- needs: subscriptions
-- at_least: 5
-- share: 0.3333
-- says: has no subscription
-- why: these accounts count nowhere; so many of them mean prospects in the export, or ids that do not match
-- fix: compare the ids of the two tables; where they are prospects, {leave_out} or leave them
select a.account_id, a.name, a.segment from _all_accounts as a
left join (select account_id from _all_subscriptions group by account_id) as s on s.account_id = a.account_id
where s.account_id is null
