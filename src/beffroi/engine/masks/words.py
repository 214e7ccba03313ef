"""Why a masked camera is neither shown nor recorded: what it is, then what to do, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from beffroi.engine.contract import GapCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The cause of the gap, and the sentence for people."""

    cause: GapCause
    message: str
    message_fr: str


PENDING = Held(
    cause=GapCause.MASK,
    message="The privacy masks of this camera are being proved; it opens when they are (CSI L. 251-3).",
    message_fr="Les masques de cette caméra sont en cours de preuve ; elle s'ouvrira ensuite (CSI L. 251-3).",
)
AWAY = Held(
    cause=GapCause.CONNECT,
    message="The camera gives no picture on which its privacy masks could be proved; check power, network and address.",
    message_fr="La caméra ne donne aucune image où prouver ses masques ; vérifiez l'alimentation, le réseau et "
    "l'adresse.",
)
WITHHELD = Held(
    cause=GapCause.MASK,
    message="Neither shown nor recorded: its privacy masks are not proved and no place is free to burn them. Repair "
    "the camera's own masks, or give the recorder more places (node.mask_slots, beffroi bench mask).",
    message_fr="Ni montrée ni enregistrée : ses masques ne sont pas prouvés et aucune place n'est libre pour les "
    "incruster. Réparez les masques de la caméra, ou donnez des places à l'enregistreur (node.mask_slots, beffroi "
    "bench mask).",
)
SPOILT = Held(
    cause=GapCause.MASK,
    message="Neither shown nor recorded: what the recorder burns failed its own proof. Tell who maintains Beffroi.",
    message_fr="Ni montrée ni enregistrée : l'incrustation de l'enregistreur a échoué à sa propre preuve. Prévenez la "
    "maintenance de Beffroi.",
)
