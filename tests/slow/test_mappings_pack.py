"""Every ready mapping, on the small export in its tool's format: the whole report is rendered, no notebook fails."""

import json
import shutil
from pathlib import Path

import pytest
from packs import NOTEBOOKS, helpers

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = {file.stem: file for file in sorted((ROOT / "data" / "mappings").glob("*.toml"))}


@pytest.mark.parametrize("tool", MAPPINGS)
def test_an_export_by_its_mapping_becomes_a_whole_report(tool, tmp_path):
    folder = tmp_path / tool
    shutil.copytree(ROOT / "tests" / "exports" / tool, folder)
    text = MAPPINGS[tool].read_text(encoding="utf-8").replace("# data_until = 2026-10-31", "data_until = 2024-12-31")
    (folder / "source.toml").write_text(text, encoding="utf-8")
    out = tmp_path / "reports"
    # Exit code 0: every notebook is built.
    helpers("report", "--source", folder / "source.toml", "--out", out, "--jobs", "2", cwd=ROOT)
    pack = out / "2024-12"
    statuses = [notebook["status"] for notebook in json.loads((pack / "manifest.json").read_text())["notebooks"]]
    assert statuses == ["built"] * len(NOTEBOOKS)
    assert all((pack / f"{name}.html").is_file() for name in ("index", "definitions", *NOTEBOOKS))
