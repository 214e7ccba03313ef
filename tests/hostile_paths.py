"""Names by which others have read files that were not theirs: each with what tells that it worked.

Sources: CVE-2025-62382 and GHSA-pqfr (Frigate), CVE-2026-55488 (motionEye), CVE-2025-43928 (Infodraw), issue 4472 of
ZoneMinder.
"""

from __future__ import annotations

MARK = "canary-41d8"
"""What the file says that nobody may read."""
FILE = "canary.txt"


def names(absolute: str) -> list[str]:
    """Spellings of a way to `FILE`, which lies at `absolute` and in each folder above."""
    up = [f"{dots * depth}{FILE}" for depth in (1, 2, 3, 6) for dots in ("../", "..\\", "....//", "..;/")]
    coded = ["%2e%2e%2f", "%2e%2e/", "..%2f", "..%5c", "%252e%252e%252f", "%c0%ae%c0%ae/", "..%c0%af", "%uff0e%uff0e/"]
    coded_up = [f"{dots * depth}{FILE}" for depth in (1, 3) for dots in coded]
    whole = [
        absolute,
        f"/{absolute}",
        f"//{absolute}",
        absolute.replace("/", "%2f"),
        f"file://{absolute}",
        f"C:{absolute}",
    ]
    odd = [
        *(f"{absolute}\0.pdf", f"{absolute}%00.pdf", f"c01/../../{FILE}", f"．．／{FILE}", f"‥/{FILE}", f"~/{FILE}"),
        *("$HOME", "`id`", f"|cat {absolute}", "-rf", "--help", ".", "..", "...", " ", "\t", "\n", "\r\nX: y", "nul"),
        *("a" * 4000, "é" * 1000, "\u202e" * 20, "%", "%zz", "{0}", "{{7*7}}", "'", '"', "<svg>"),
    ]
    return [*up, *coded_up, *whole, *odd]
