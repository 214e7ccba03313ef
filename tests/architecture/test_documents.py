"""What the documents promise exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from beffroi.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]


def test_the_readme_names_only_targets_that_the_makefile_has() -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "make lint" in script and "make test" in script


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", command, "--help"], check=False, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert "usage: beffroi" in answer.stdout


def test_links_inside_the_documents_point_at_files_that_exist() -> None:
    broken = []
    for page in (*ROOT.glob("*.md"), *(ROOT / "design").rglob("*.md"), *(ROOT / "guide").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert not broken


def test_every_stage_folder_has_its_readme() -> None:
    stages = ("journal", "people", "territory", "plan", "authorise", "operate")
    assert not [stage for stage in stages if not (ROOT / "src" / "beffroi" / stage / "README.md").exists()]
