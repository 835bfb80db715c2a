-- table: surveys
-- column: score
-- says: every ask of this survey was answered
-- why: where asks without an answer are not exported, the response rate is 100% and nothing can be said of those who
--   kept silent
-- fix: export the asks, too: a row without answered_on and score
select survey, n_asked, n_answered, highest from (select survey, count(*) as n_asked, count(score) as n_answered,
    max(score) as highest from _all_surveys where survey is not null group by survey) as s
where n_asked >= 30 and n_answered = n_asked
