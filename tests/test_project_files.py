"""The files around the code: they parse, they name what is there, and they agree with one another."""

import re
import shlex
import subprocess
import sys
import tomllib
from datetime import date

import pytest
import yaml
from packs import PROJECT

FORMS = sorted((PROJECT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def yaml_of(name: str) -> dict:
    return yaml.safe_load(text(name))


# CHANGELOG


def releases() -> list[tuple[str, str]]:
    """Each heading of a release, and the text below it."""
    parts = re.split(r"^## (.+)$", text(".github/CHANGELOG.md"), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_the_changelog_begins_with_what_is_not_released_and_then_this_version():
    headings = [heading for heading, _ in releases()]
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert headings[0] == "[Unreleased]" and headings[1].startswith(f"[{version}] - ")


def test_releases_are_dated_latest_first():
    found = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", heading) for heading, _ in releases()[1:]]
    assert found and all(found)
    keys = [(date.fromisoformat(match[4]), *map(int, match.groups()[:3])) for match in found]
    assert keys == sorted(keys, reverse=True) and len(set(keys)) == len(keys)


def test_a_release_is_told_by_kinds_of_change_with_something_under_each():
    for heading, told in releases():
        parts = re.split(r"^### (.+)$", told, flags=re.MULTILINE)
        assert set(parts[1::2]) <= set(KINDS), heading
        assert all(part.lstrip().startswith("- ") for part in parts[2::2]), heading


# Continuous integration, before and after a commit


def test_tests_run_on_each_python_that_is_promised():
    jobs = yaml_of(".github/workflows/tests.yml")["jobs"]
    lowest = tomllib.loads(text("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert jobs["fast"]["strategy"]["matrix"]["python"] == [lowest, "3.12", "3.13"]


def test_the_workflow_is_shell_that_parses_and_takes_no_text_from_outside():
    workflow = yaml_of(".github/workflows/tests.yml")
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            if "run" in step:
                assert "${{" not in step["run"]
                assert subprocess.run(["bash", "-n", "-c", step["run"]], check=False).returncode == 0
                for word in re.findall(r"(?<!\S)\.ci/\w+|(?<=\s)\.ci/\w+", step["run"]):
                    assert (PROJECT / word).stat().st_mode & 0o111, word


def test_ci_runs_the_second_command_of_the_readme():
    done = subprocess.run(
        [sys.executable, PROJECT / ".ci" / "readme_command", "2"], capture_output=True, text=True, check=True
    )
    assert done.stdout.rstrip().endswith("pytest -q -n auto --dist loadgroup") and done.stdout in text("README.md")
    assert ".ci/readme_command 2" in text(".ci/run")


def test_hooks_of_a_commit_run_what_is_installed_here():
    hooks = [hook for repo in yaml_of(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format", "clean", "notebook-rules"]
    for hook in hooks:
        if "entry" in hook:
            words = shlex.split(hook["entry"])
            assert words[0] in (".venv/bin/ruff", ".venv/bin/python") and hook["language"] == "system"
            assert all((PROJECT / word).exists() for word in words if word.startswith("tests/"))
        if "files" in hook:
            assert re.search(hook["files"], "notebooks/10_metrics.ipynb")


# Issue forms


@pytest.mark.parametrize("form", [form for form in FORMS if form.stem != "config"], ids=lambda form: form.stem)
def test_an_issue_form_asks_something_and_names_each_answer_once(form):
    # https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
    found = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(found)
    assert all(isinstance(found[key], str) and found[key] for key in ("name", "description"))
    asked = [part for part in found["body"] if part["type"] != "markdown"]
    assert {part["type"] for part in found["body"]} <= {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert any(part.get("validations", {}).get("required") for part in asked)
    assert len({part["id"] for part in asked}) == len({part["attributes"]["label"] for part in asked}) == len(asked)
    assert all(part["attributes"]["options"] for part in asked if part["type"] in ("dropdown", "checkboxes"))


def test_the_forms_are_a_bug_and_a_question():
    assert {form.stem for form in FORMS} == {"bug", "config", "question"}


def test_every_test_that_the_security_file_names_is_there():
    named = set(re.findall(r"`(tests/[\w/.]+)`", text(".github/SECURITY.md")))
    assert len(named) >= 10 and [name for name in sorted(named) if not (PROJECT / name).exists()] == []
