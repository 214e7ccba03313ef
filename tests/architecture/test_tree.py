"""The tree holds only what belongs there: no machine's path, no registry's host, no loose end, no catch-all."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOSTS = re.compile(
    "|".join(("py" + r"pi\.org", "python" + r"hosted\.", "npm" + r"js\.(org|com)", r"deb\." + r"debian\.org"))
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|home/\w+)/")
BARE_EXCEPT = re.compile(r"except\s*:|except (Base)?Exception\b")
PROCESS_LOOPS = {
    "src/beffroi/cli/serve.py",
    "src/beffroi/engine/gateway/serve.py",
    "src/beffroi/engine/node.py",
    "src/beffroi/engine/record/ledger.py",  # tops of the store's two threads
    "src/beffroi/engine/record/writer.py",
}


def tracked_texts() -> list[tuple[str, str]]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    texts = []
    for name in filter(None, names.split("\0")):
        try:
            texts.append((name, (ROOT / name).read_text()))
        except (UnicodeDecodeError, FileNotFoundError):
            continue
    return texts


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    texts = tracked_texts()
    assert not [name for name, text in texts if HOSTS.search(text) or MACHINE_PATHS.search(text)]


def test_no_file_is_larger_than_400_kilobytes() -> None:
    assert not [name for name, text in tracked_texts() if len(text.encode()) > 400_000]


def test_errors_are_caught_by_kind_save_in_the_loops_of_processes() -> None:
    sources = [(name, text) for name, text in tracked_texts() if name.startswith("src/") and name.endswith(".py")]
    assert not [name for name, text in sources if BARE_EXCEPT.search(text) and name not in PROCESS_LOOPS]


def test_no_text_becomes_a_shell_command() -> None:
    sources = [(name, text) for name, text in tracked_texts() if name.startswith("src/") and name.endswith(".py")]
    shell = re.compile(r"shell\s*=\s*True|os\.system\(|os\.popen\(")
    assert not [name for name, text in sources if shell.search(text)]
