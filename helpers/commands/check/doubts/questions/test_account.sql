-- column: every account
-- says: an account for tests, not a customer
-- why: it counts as a customer who never leaves
-- fix: {leave_out}
select {shown} from (select {shown}, lower(trim({column})) as label from _all_{table}) as labeled
where label in ('test', 'demo', 'sandbox', 'internal', 'dummy') or label like 'test account%' or label like 'demo account%'
    or label like 'test customer%' or label like 'test company%' or label like '%(test)' or label like '%do not use%'
