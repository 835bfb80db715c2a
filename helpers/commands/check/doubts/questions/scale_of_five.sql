-- table: surveys
-- column: score
-- says: no score is above 5
-- why: NPS is asked on 0–10; on 1–5 there is not one promoter
-- fix: check the scale; a score from 1 to 5 is no NPS and cannot be made into one
select survey, n_asked, n_answered, highest from (select survey, count(*) as n_asked, count(score) as n_answered,
    max(score) as highest from _all_surveys where survey is not null group by survey) as s
where n_answered >= 30 and highest <= 5 and survey in ({nps_surveys})
