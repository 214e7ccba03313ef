"""Run a command with BEFFROI_TEST_DATABASE_URL pointing at a PostgreSQL made for it and destroyed after it.

Usage: with_postgres.py COMMAND [ARGUMENT …]; exits with the command's code.
The server listens on a Unix socket in its own folder only. PostgreSQL refuses to run as root, so root
lends it the account `postgres` or `nobody`.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

NOT_NEEDED = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit")
"""What a database that nobody keeps does without."""


def newest_binaries() -> Path:
    """The folder of the newest PostgreSQL server installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        on_path = shutil.which("initdb")
        if on_path is None:
            sys.exit("PostgreSQL is not installed; run `make test`, which installs it, or apt-get install postgresql.")
        found = [Path(on_path)]
    return found[-1].parent


def unprivileged() -> list[str]:
    """The command prefix under which PostgreSQL may run."""
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    return ["runuser", "-u", "postgres" if "postgres" in names else "nobody", "--"]


def main() -> int:
    binaries, prefix = newest_binaries(), unprivileged()
    with tempfile.TemporaryDirectory(prefix="beffroi-pg-") as name:
        folder = Path(name)
        if prefix:
            shutil.chown(folder, prefix[2])
        cluster = folder / "cluster"
        run = [*prefix, str(binaries / "initdb"), "-D", str(cluster), "-U", "beffroi", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*run, "--no-sync"], check=True, stdout=subprocess.DEVNULL)
        control = [*prefix, str(binaries / "pg_ctl"), "-D", str(cluster), "-w"]
        fast = " ".join(f"-c {setting}=off" for setting in NOT_NEEDED)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} {fast}"
        subprocess.run(
            [*control, "-o", options, "-l", str(folder / "log"), "start"], check=True, stdout=subprocess.DEVNULL
        )
        try:
            url = f"postgresql://beffroi@{quote(name, safe='')}/postgres"
            return subprocess.run(
                sys.argv[1:], check=False, env={**os.environ, "BEFFROI_TEST_DATABASE_URL": url}
            ).returncode
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
