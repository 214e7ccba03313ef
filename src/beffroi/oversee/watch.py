"""What oversight does by itself: each hour, what is over is drawn and what is late is told."""

from __future__ import annotations

from beffroi.oversee.breaches import services as breaches
from beffroi.oversee.inspection import services as inspection
from beffroi.oversee.inspection import tasks as inspection_tasks
from beffroi.oversee.reviews import services as reviews
from beffroi.oversee.visits import services as visits

EVERY_S = 3600.0
STEPS = (reviews.watch, breaches.watch, inspection_tasks.resume, inspection.purge_due, visits.purge)
