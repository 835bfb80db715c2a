"""Eleven tables small enough to read, seen on 30 June 2024. Rows whose key is "later" are known only after that."""

from writing import stretches

AS_OF = "2024-06"

ACCOUNTS = """
    account_id,name,segment,first_contact_on
    A,Acme,S,2023-11-20
    B,Bolt,L,2024-07-05
"""
SUBSCRIPTIONS = stretches("A, 2024-01-10, , 100", "B, 2024-02-01, , 50")

OTHERS = {
    "surveys": """
        response_id,account_id,survey,item,asked_on,answered_on,score
        r1,A,nps_relationship,recommend,2024-06-01,2024-06-02,9
        r2,A,nps_relationship,recommend,2024-06-30,2024-07-01,3
        later,A,nps_relationship,recommend,2024-07-01,2024-07-01,10
    """,
    "onboarding": """
        account_id,updated_on,planned_go_live_on,went_live_on,first_value_on,planned_cost,actual_cost,n_steps_done
        A,2024-06-30,2024-09-01,2024-07-15,2024-08-01,500,700,3
        B,2024-06-01,2024-05-01,2024-06-30,2024-06-30,500,800,9
        A,2024-07-01,2024-09-01,2024-07-15,2024-08-01,500,700,4
    """,
    "usage": """
        account_id,month,n_active_users,n_licensed_seats,n_features_used,n_help_searches,n_failed_help_searches
        A,2024-06-01,5,10,2,1,0
        A,2024-07-01,6,10,2,1,0
    """,
    "tickets": """
        ticket_id,account_id,opened_on,closed_on,category,priority
        t1,A,2024-06-01,2024-06-30,how_to,1
        t2,A,2024-06-01,2024-07-01,defect,2
        later,A,2024-07-01,,billing,3
    """,
    "programs": """
        program,name,starts_on,ends_on
        running,Runs,2024-01-01,2024-06-30
        ending,Ends later,2024-01-01,2024-07-01
        undated,No date,,
        later,Not yet,2024-07-01,
    """,
    "touches": """
        touch_id,account_id,program,stage,touched_on
        c1,A,running,onboarding,2024-06-30
        later,A,running,onboarding,2024-07-01
    """,
    "opportunities": """
        opportunity_id,account_id,kind,sourced_by,created_on,closed_on,status,mrr,lost_to
        o1,A,expansion,sales,2024-06-01,2024-06-30,won,10,
        o2,A,expansion,sales,2024-06-01,2024-07-01,won,20,
        o3,A,renewal,sales,2024-06-01,2024-07-01,lost,30,competitor
        later,A,renewal,sales,2024-07-01,,open,40,
    """,
    "advocacy": """
        act_id,account_id,kind,requested_on,done_on,rating,referred_account_id
        v1,A,review,2024-06-01,2024-06-30,4,
        v2,A,review,2024-06-01,2024-07-01,5,B
        later,A,review,2024-07-01,2024-07-02,5,
    """,
    "changes": """
        change_id,account_id,kind,happened_on,detected_on
        g1,A,merger,2024-06-01,2024-06-30
        later,A,merger,2024-06-01,2024-07-01
    """,
}
