"""The recipes for schedulers: their syntax, and that the commands in them are commands that this version knows."""

import ast
import re
import shlex
import subprocess

import pytest
import yaml
from packs import PROJECT

from helpers.__main__ import _parser

RECIPES = PROJECT / ".github" / "recipes"
WORKFLOW = PROJECT / ".github" / "workflows" / "report.yml"


def cron_lines() -> list[str]:
    lines = (RECIPES / "report.cron").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#") and not re.match(r"\w+=", line)]


def workflow() -> dict:
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))


def steps() -> dict[str, dict]:
    return {step.get("name", step.get("uses", "")): step for step in workflow()["jobs"]["report"]["steps"]}


def airflow_command() -> str:
    """The command of the DAG, its templates filled in as Airflow does for the run of 2 November."""
    tree = ast.parse((RECIPES / "report_dag.py").read_text(encoding="utf-8"))
    (call,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "BashOperator"
    )
    (text,) = (word.value.value for word in call.keywords if word.arg == "bash_command")
    return re.sub(r"\{\{.*?\}\}", "2026-10", text)


def options(command: str):
    """What our own parser makes of the first `helpers` command in a shell text."""
    words = shlex.split(command.split("|")[0])
    return _parser().parse_args(words[words.index("helpers") + 1 :])


def test_the_crontab_has_one_line_of_five_fields_and_a_command():
    (line,) = cron_lines()
    *fields, command = line.split(None, 5)
    assert all(re.fullmatch(r"\*|\d+", field) for field in fields) and len(fields) == 5
    assert "%" not in command  # which cron takes for a newline
    assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0
    found = options(command)
    assert (found.command, found.json, found.timeout) == ("report", True, 900)


def test_the_workflow_is_yaml_with_a_schedule_and_shell_that_parses():
    found = workflow()
    (schedule,) = found[True]["schedule"]  # YAML 1.1 reads the key `on` as true
    assert len(schedule["cron"].split()) == 5
    for step in found["jobs"]["report"]["steps"]:
        assert ("run" in step) != ("uses" in step)
        if "run" in step:
            assert "${{" not in step["run"]  # a text from outside reaches a shell through `env` alone
            assert subprocess.run(["bash", "-n", "-c", step["run"]], check=False).returncode == 0


@pytest.mark.parametrize("period", ["", "2026-10", "-x; echo gone"])
def test_the_workflow_hands_the_period_on_as_one_word_or_not_at_all(period):
    shown = steps()["Render"]["run"].split("|")[0].replace(".venv/bin/python", "printf '%s\\n'")
    done = subprocess.run(["bash", "-c", shown], env={"PERIOD": period}, capture_output=True, text=True, check=True)
    words = done.stdout.splitlines()
    found = _parser().parse_args(words[words.index("helpers") + 1 :])
    assert (found.period, found.json, found.timeout) == (period, True, 900)


def test_the_dag_compiles_and_its_command_is_one_of_ours():
    file = RECIPES / "report_dag.py"
    compile(file.read_text(encoding="utf-8"), str(file), "exec")
    command = airflow_command()
    assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0
    found = options(command)
    assert (found.period, found.json, found.timeout) == ("2026-10", True, 900)


def test_each_recipe_starts_the_python_of_the_project():
    for text in (cron_lines()[0], steps()["Render"]["run"], airflow_command()):
        assert ".venv/bin/python -m helpers report" in text
