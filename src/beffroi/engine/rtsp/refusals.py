"""Why a camera cannot be recorded, each in one clear sentence, in English and in French.

Each has the `cause` that a gap gets. None ever repeats a password or what a hostile peer sent, unbounded.
"""

from __future__ import annotations

from typing import ClassVar

from beffroi.core.errors import BeffroiError, InvalidInput, Unavailable
from beffroi.engine.contract import GapCause


class Refusal(BeffroiError):
    """The camera answered, and what it answered cannot be recorded; someone has to mend something."""

    kind, http_status, exit_code = InvalidInput.kind, InvalidInput.http_status, InvalidInput.exit_code
    cause: ClassVar[GapCause] = GapCause.REFUSED


class InvalidAddress(Refusal):
    """The address is not an RTSP address."""


class Barred(Refusal):
    """The address leads where no camera can be: this machine, or a place of nobody's."""


class WrongPassword(Refusal):
    """The camera wants a name and password, or other ones."""


class UnknownAuthentication(Refusal):
    """The camera wants an authentication that we cannot give."""


class NoSuchPath(Refusal):
    """The camera has no stream under this path."""


class Redirected(Refusal):
    """The camera sent us elsewhere; we never follow."""


class NotRtsp(Refusal):
    """What answers does not speak RTSP."""


class RequestRefused(Refusal):
    """The camera answered with another error."""


class NoVideo(Refusal):
    """The description has no video track."""


class UnsupportedCodec(Refusal):
    """The video is in a codec that our own client does not take; the node may use its fallback source.

    Attributes:
        codec: its name in the description, e.g. `JPEG`.
    """

    def __init__(self, codec: str) -> None:
        super().__init__(
            f"The camera sends {codec}; set it to H.264 or H.265.",
            message_fr=f"La caméra envoie du {codec} ; réglez-la en H.264 ou en H.265.",
            field="codec",
        )
        self.codec = codec


class Unreachable(BeffroiError):
    """No connection, or it broke; trying again may help."""

    kind, http_status, exit_code = Unavailable.kind, Unavailable.http_status, Unavailable.exit_code
    cause: ClassVar[GapCause] = GapCause.CONNECT


class Silent(Unreachable):
    """Connected, and no packet or answer within the deadline."""

    cause = GapCause.SILENT


class Unusable(Unreachable):
    """Connected, and what comes is not video that can be used."""

    cause = GapCause.MALFORMED


StreamEnd = Refusal | Unreachable


def printable(text: str, most: int) -> str:
    """What a camera wrote, without what could command a terminal, `most` characters at most."""
    return "".join(letter for letter in text[: 4 * most] if letter.isprintable())[:most]


def unknown_name(host: str) -> Unreachable:
    return Unreachable(
        f"The name {host!r} is not known; check the address or use the camera's IP address.",
        message_fr=f"Le nom « {host} » est inconnu ; vérifiez l'adresse ou employez l'adresse IP de la caméra.",
        field="url",
    )


def barred(host: str, number: str) -> Barred:
    at = host if host == number else f"{host} ({number})"
    return Barred(
        f"No camera is asked at {at}: the name leads to this machine, or the address is one that no camera can have; "
        "enter the camera's own.",
        message_fr=f"Aucune caméra n'est interrogée à {at} : ce nom mène à cette machine, ou aucune caméra ne peut "
        "avoir cette adresse ; saisissez la sienne.",
        field="url",
    )


def no_connection(where: str, reason: str) -> Unreachable:
    reasons_fr = {
        "connection refused": "connexion refusée",
        "no answer": "pas de réponse",
        "no route": "aucun chemin réseau",
        "TLS failed": "échec de TLS",
    }
    return Unreachable(
        f"Nothing can be reached at {where} ({reason}); check address, port, network and power.",
        message_fr=f"Rien ne répond à {where} ({reasons_fr.get(reason, reason)}) ; "
        "vérifiez adresse, port, réseau et alimentation.",
        field="url",
    )


def broken() -> Unreachable:
    return Unreachable(
        "The camera closed the connection.",
        message_fr="La caméra a fermé la connexion.",
    )


def closed_at_once() -> NotRtsp:
    return NotRtsp(
        "What answers at this address closes the connection at once; check the port (usually 554).",
        message_fr="Ce qui répond à cette adresse ferme aussitôt la connexion ; vérifiez le port (554 d'ordinaire).",
        field="url",
    )


def no_answer(seconds: float) -> Silent:
    return Silent(
        f"The camera accepted the connection but did not answer within {seconds:g} s; is it an RTSP port?",
        message_fr=f"La caméra a accepté la connexion mais n'a pas répondu en {seconds:g} s ; est-ce un port RTSP ?",
        field="url",
    )


def no_packet(seconds: float, *, udp: bool) -> Silent:
    hint, hint_fr = (
        ("; a firewall may stop UDP, try TCP", " ; un pare-feu arrête peut-être l'UDP, essayez TCP")
        if udp
        else ("", "")
    )
    return Silent(
        f"The camera has sent no picture for {seconds:g} s{hint}.",
        message_fr=f"La caméra n'a envoyé aucune image depuis {seconds:g} s{hint_fr}.",
    )


def stopped_early(*, is_connected: bool) -> Silent:
    """We stopped before it was known whether the camera would be recorded."""
    if is_connected:
        return Silent(
            "The camera had sent no key frame by then; record for longer.",
            message_fr="La caméra n'avait pas encore envoyé d'image clé ; enregistrez plus longtemps.",
        )
    return Silent(
        "The camera had not answered by then; check address and network, or record for longer.",
        message_fr="La caméra n'avait pas encore répondu ; vérifiez l'adresse et le réseau, ou enregistrez plus "
        "longtemps.",
    )


def unusable_packets(seconds: float) -> Unusable:
    return Unusable(
        f"The camera sends packets but no usable picture for {seconds:g} s.",
        message_fr=f"La caméra envoie des paquets mais aucune image utilisable depuis {seconds:g} s.",
    )


def no_key_frame(seconds: float) -> Unusable:
    return Unusable(
        f"The camera sends pictures, but none for {seconds:.0f} s that decoding can start with; set its I-frame "
        "interval to 4 s at most.",
        message_fr=f"La caméra envoie des images, mais aucune depuis {seconds:.0f} s par où commencer ; réglez son "
        "intervalle d'images I à 4 s au plus.",
    )


def not_rtsp() -> NotRtsp:
    return NotRtsp(
        "What answers at this address does not speak RTSP; check the port (usually 554).",
        message_fr="Ce qui répond à cette adresse ne parle pas RTSP ; vérifiez le port (554 d'ordinaire).",
        field="url",
    )


def bad_answer() -> NotRtsp:
    return NotRtsp(
        "The camera's answer is damaged or far too long; update its firmware or restart it.",
        message_fr="La réponse de la caméra est abîmée ou beaucoup trop longue ; mettez-la à jour ou redémarrez-la.",
    )


def our_fault() -> Unusable:
    return Unusable(
        "Reading this camera failed inside Beffroi; the log has the trace, please report it.",
        message_fr="La lecture de cette caméra a échoué dans Beffroi ; la trace est au journal, signalez-la.",
    )


def wrong_password(*, given: bool) -> WrongPassword:
    if given:
        return WrongPassword(
            "The camera refuses this user name and password; check them in the camera.",
            message_fr="La caméra refuse ce nom et ce mot de passe ; vérifiez-les dans la caméra.",
            field="password",
        )
    return WrongPassword(
        "The camera asks for a user name and a password; give them.",
        message_fr="La caméra demande un nom et un mot de passe ; indiquez-les.",
        field="password",
    )


def unknown_authentication(scheme: str) -> UnknownAuthentication:
    name = printable(scheme, 40)
    return UnknownAuthentication(
        f"The camera asks for an authentication that Beffroi does not know: {name}; set it to Digest or Basic.",
        message_fr=f"La caméra demande une authentification que Beffroi ne connaît pas : {name} ; "
        "réglez-la en Digest ou en Basic.",
    )


def no_such_path() -> NoSuchPath:
    return NoSuchPath(
        "The camera answers but has no stream at this path; check the end of the address.",
        message_fr="La caméra répond mais n'a pas de flux à ce chemin ; vérifiez la fin de l'adresse.",
        field="url",
    )


def redirected(target: str) -> Redirected:
    """`target` must be redacted already."""
    return Redirected(
        f"The camera redirects to {target}; redirects are never followed: enter that address if it is right.",
        message_fr=f"La caméra renvoie vers {target} ; un renvoi n'est jamais suivi : "
        "saisissez cette adresse si elle est bonne.",
        field="url",
    )


def no_video() -> NoVideo:
    return NoVideo(
        "The camera describes no video track at this address; check the end of the address.",
        message_fr="La caméra ne décrit aucune piste vidéo à cette adresse ; vérifiez la fin de l'adresse.",
        field="url",
    )


def refused_request(method: str, status: int, reason: str) -> RequestRefused:
    said = f"{status} {printable(reason, 60)}".strip()
    if status == 461:
        return RequestRefused(
            "The camera refuses this transport; choose the other one (TCP or UDP).",
            message_fr="La caméra refuse ce transport ; choisissez l'autre (TCP ou UDP).",
            field="transport",
        )
    if status in (453, 503):
        return RequestRefused(
            f"The camera has no free connection ({said}); close other viewers or restart it.",
            message_fr=f"La caméra n'a plus de connexion libre ({said}) ; fermez d'autres lecteurs ou redémarrez-la.",
        )
    return RequestRefused(
        f"The camera refuses {method} ({said}); check its settings.",
        message_fr=f"La caméra refuse {method} ({said}) ; vérifiez ses réglages.",
        field="url",
    )
