"""The report as an Airflow DAG (Airflow 2.7 or later, 3 as well): copy it into the folder of DAGs, set PROJECT.

The last line that the command prints is one JSON object: it becomes the task's XCom, for a mail or a chat after it.
"""

from datetime import datetime, timedelta

from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator

PROJECT = "/srv/after-the-deal"

with DAG(
    dag_id="after_the_deal",
    schedule="30 5 2 * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    # A second try takes over what succeeded. 99 (Airflow: skip) never comes; every code but 0 is a failure.
    default_args={"retries": 1, "retry_delay": timedelta(minutes=10)},
):
    BashOperator(
        task_id="report",
        cwd=PROJECT,
        # The month is the one before the run's own: the run of 2 November reports on October.
        bash_command=".venv/bin/python -m helpers report --timeout 900 --json "
        "{{ (data_interval_end - macros.timedelta(days=3)).strftime('%Y-%m') }}",
        execution_timeout=timedelta(hours=1),  # SIGTERM: the kernels end, the last good pack stays
        do_xcom_push=True,
    )
