-- table: usage
-- column: n_active_users
-- columns: n_active_users, n_licensed_seats
-- says: more than 10 active users for each seat
-- why: the share of seats in use is one of the signals of regret
-- fix: check whether visits were counted for users, or seats are missing
select account_id, month, n_licensed_seats, n_active_users from _all_usage
where n_licensed_seats > 0 and n_active_users > 10 * n_licensed_seats
