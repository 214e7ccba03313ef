"""Lines, their end, and what proves them. Only `services` writes here; nothing is ever updated but the end."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from beffroi.journal.rules import NO_SEAL, Register


class Line(models.Model):
    """One entry. Its fields are those of `rules.Entry`; `detail` is kept as the very text that was hashed."""

    REGISTERS: ClassVar = [(register.value, register.value) for register in Register]

    index = models.BigIntegerField(primary_key=True)
    at_us = models.BigIntegerField(db_index=True)
    register = models.CharField(max_length=16, choices=REGISTERS)
    action = models.CharField(max_length=63)
    author = models.CharField(max_length=120)
    reason = models.CharField(max_length=40)
    recipient = models.CharField(max_length=120)
    camera = models.CharField(max_length=120)
    subject = models.CharField(max_length=120)
    detail = models.TextField()
    salt = models.BinaryField()
    seal = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["index"]
        indexes: ClassVar = [
            models.Index(fields=["register", "-index"]),
            models.Index(fields=["camera", "-index"], condition=~models.Q(camera=""), name="journal_line_camera"),
            models.Index(fields=["author", "-index"]),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.register} {self.action}"


class Tail(models.Model):
    """The one row that says where the journal ends; its lock orders the writers. See `rules.TailState`."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    seal = models.BinaryField(default=NO_SEAL)
    at_us = models.BigIntegerField(default=0)
    clock_us = models.BigIntegerField(default=0)
    heads = models.BigIntegerField(default=0)
    mark = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="journal_one_tail")]

    def __str__(self) -> str:
        return f"{self.size} lines"


class Head(models.Model):
    """A signed head (`rules.HeadStatement`), its frontier, and the RFC 3161 answer when one was asked for."""

    number = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField(db_index=True)
    root = models.BinaryField()
    at_us = models.BigIntegerField()
    previous = models.BinaryField()
    frontier = models.BinaryField()
    signature = models.BinaryField()
    token = models.BinaryField(default=b"")

    class Meta:
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return f"head {self.number} of {self.size} lines"


class Tile(models.Model):
    """Root of the 256 lines that start at 256 × `number`: a cache that makes proofs short."""

    number = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()

    def __str__(self) -> str:
        return f"tile {self.number}"


class Anchor(models.Model):
    """Where the journal begins since it was pruned (`rules.AnchorStatement`), with the frontier to go on from."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    seal = models.BinaryField()
    frontier = models.BinaryField()
    pruned_at_us = models.BigIntegerField()
    signature = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="journal_one_anchor")]

    def __str__(self) -> str:
        return f"from line {self.size}"


class Witness(models.Model):
    """How far a witness has been told: every head before `next_number`. No evidence: the witness itself is.

    `split_number`: the first head found that it knows otherwise than the journal or another witness; None: none.
    """

    id = models.CharField(primary_key=True, max_length=8)
    next_number = models.BigIntegerField(default=0)
    told_at_us = models.BigIntegerField(default=0)
    split_number = models.BigIntegerField(null=True)
    split_at_us = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.id} has the heads before {self.next_number}"
