"""Writes of the authorisations: papers and the town's import here, test windows, drift, and what follows every act."""

from beffroi.authorise.services.papers import (
    ImportReport,
    NewDeclaration,
    NewOrder,
    declare,
    end_event,
    import_town,
    record_order,
    record_undertaking,
    resume,
    suspend,
    withdraw,
)

__all__ = [
    "ImportReport",
    "NewDeclaration",
    "NewOrder",
    "declare",
    "end_event",
    "import_town",
    "record_order",
    "record_undertaking",
    "resume",
    "suspend",
    "withdraw",
]
