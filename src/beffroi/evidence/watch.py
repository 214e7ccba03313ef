"""What goes by itself, each minute: packs cut short, copies and names to end, second looks nobody gave in time."""

from __future__ import annotations

from beffroi.evidence.access.services import forget_due, purge_copies
from beffroi.evidence.services import purge_due, tell_late
from beffroi.evidence.tasks import resume
from beffroi.operate.logbook import services as logbook

EVERY_S = 60.0
FIRST = (resume,)
STEPS = (purge_due, purge_copies, forget_due, logbook.purge_due, tell_late)
"""Each destroys or tells what is due: what a kill left half done is finished at the next round."""
