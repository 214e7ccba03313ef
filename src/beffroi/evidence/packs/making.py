"""Makes a pack: in a folder of its own name, durable, then renamed. Killed at any step it leaves nothing half.

Run again, the making begins anew; a pack that is finished is told again and not made twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from beffroi import __version__
from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from beffroi.core.instants import from_us
from beffroi.evidence.packs import originals, proofs, seal, slip, verifier, working_copy
from beffroi.evidence.packs.contract import MadePack, PackCamera, PackOrder, PackPerson
from beffroi.evidence.packs.reader import PAGE, write_reader
from beffroi.journal.services import timestamped
from beffroi.operate import clocks, exports
from beffroi.operate.queries import masks_in_force
from beffroi.people.models import Agent
from beffroi.territory.queries import town, town_zone

MAKING = ".making-"


def packs_folder() -> Path:
    """Where packs lie until they are handed over and their grace time is over."""
    path: Path = settings.BEFFROI.data / "packs"
    return path


def make_pack(order: PackOrder, *, clock: Clock | None = None) -> MadePack:
    """The finished pack of an order; takes minutes: for a worker's task, outside a transaction.

    Errors: Unavailable when a node is away or the footage is not sealed yet: run the task again; NotFound when no
    camera has images (answer by a negative), NotPermitted and BarredByLaw of the export grant, DataLoss, Conflict when
    another order has made a pack of this number.
    """
    done = packs_folder() / order.number
    if done.exists():
        return read_made(done, order)
    making = discard(order.id)
    making.mkdir(mode=0o700, parents=True)
    _Making(order, making, clock or SystemClock()).run()
    _fsync_tree(making)
    making.rename(done)
    _fsync(packs_folder())
    return read_made(done, order)


def discard(order_id: str) -> Path:
    """The folder of a making, of which nothing is left."""
    making = packs_folder() / f"{MAKING}{order_id}"
    shutil.rmtree(making, ignore_errors=True)
    return making


def read_made(folder: Path, order: PackOrder) -> MadePack:
    """What a finished folder is.

    Errors: Conflict when it was made for another order.
    """
    raw = (folder / verifier.MANIFEST).read_bytes()
    manifest = json.loads(raw)
    if manifest["order"] != order.id:
        raise Conflict(
            f"A pack {order.number} exists already; it was made for another order.",
            message_fr=f"Un dossier {order.number} existe déjà ; il a été fait pour une autre demande.",
            field="number",
        )
    return MadePack(
        folder=folder,
        made_at_us=manifest["made"]["at_us"],
        bytes=sum(file["bytes"] for file in manifest["files"]),
        originals=len(manifest["originals"]),
        manifest_sha256=hashlib.sha256(raw).hexdigest(),
        originals_sha256=manifest["originals_sha256"],
        is_stamped=manifest["stamp"] == verifier.TOKEN,
        cameras_without_images=tuple(one["id"] for one in manifest["cameras"] if one["given"] is None),
    )


@dataclass(slots=True)
class _Making:
    """One making of one order, in its folder."""

    order: PackOrder
    folder: Path
    clock: Clock
    proofs: proofs.Proofs = field(default_factory=proofs.Proofs)
    names: originals.Names = field(default_factory=originals.Names)
    originals: list[dict[str, Any]] = field(default_factory=list)
    cameras: list[dict[str, Any]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    """Known already from writing."""

    def run(self) -> None:
        agent = _agent(self.order.exporter or self.order.chooser)
        (self.folder / originals.FOLDER).mkdir()
        for camera in self.order.cameras:
            self.cameras.append(self._camera(camera, agent))
        if not self.originals:
            raise NotFound(
                "No camera has images in this span; answer by a negative.",
                message_fr="Aucune caméra n'a d'images dans cette période ; répondez par un document négatif.",
                field="cameras",
            )
        sealer = seal.sealer(from_us(self.clock.now_us()))
        self._write_proofs(sealer)
        self._write_reader()
        manifest = self._manifest(sealer.sha256)
        self._seal(manifest, sealer)

    # -- footage --------------------------------------------------------------------------------------------

    def _camera(self, camera: PackCamera, agent: Agent) -> dict[str, Any]:
        order = self.order
        asked = exports.FootageOrder(
            agent=agent,
            camera=camera.id,
            from_at_us=order.from_at_us,
            to_at_us=order.to_at_us,
            reference=order.number,
        )
        head = proofs.newest_head(exports.node_of(camera.id))
        footage = exports.granted(asked, self.clock)
        told = footage.evidence(head.folder, head.size)
        base = self.proofs.add(told["files"], head)
        made = [self._original(camera, footage, told, number=n) for n in range(len(told["originals"]))]
        for one in made:
            one["fragments"] = [part | {"file": part["file"] + base} for part in one["fragments"]]
        self.originals += made
        copies = [self._working_copy(camera, one) for one in made] if order.wants_working_copy else []
        given = {"from_at_us": made[0]["start_at_us"], "to_at_us": made[-1]["end_at_us"]} if made else None
        return {
            "id": camera.id,
            "number": camera.number,
            "name": camera.name,
            "place": camera.place,
            "node": footage.node,
            "given": given,
            "frames": sum(one["frames"] for one in made),
            "gaps": told["gaps"],
            "clock": told["clock"] | {"hourly": clocks.hourly(footage.node, order.from_at_us, order.to_at_us)},
            "masks": list(_masks(camera.id, order)),
            "originals": [one["path"] for one in made],
            "working_copies": copies,
        }

    def _original(
        self, camera: PackCamera, footage: exports.NodeFootage, told: dict[str, Any], *, number: int
    ) -> dict[str, Any]:
        one = told["originals"][number]
        path = self.names.new(camera, one["start_at_us"])
        expected = originals.Expected(told=one, digests=[_split(file["digests"]) for file in told["files"]])
        label = originals.Label(
            camera=camera, town=_town_name(), operator=self.order.chooser.name, exported_at_us=self.clock.now_us()
        )
        with footage.fresh(self.clock).original(number) as reply:
            made = originals.write(reply, self.folder / path, expected, label=label)
        self.digests[path] = made["sha256"]
        return {"path": path, "camera": camera.id} | made

    def _working_copy(self, camera: PackCamera, original: dict[str, Any]) -> str:
        path: str = working_copy.FOLDER + original["path"].removeprefix(originals.FOLDER)
        working_copy.make(
            self.folder / original["path"],
            self.folder / path,
            label=f"{camera.number} {camera.name}",
            start_at_us=original["start_at_us"],
            time_zone=town_zone().key,
        )
        return path

    # -- what goes with it ----------------------------------------------------------------------------------

    def _write_proofs(self, sealer: seal.Sealer) -> None:
        folder = self.folder / "preuves"
        folder.mkdir()
        (folder / "images.json").write_bytes(verifier.canonical(self.proofs.images()))
        (folder / "journal.json").write_bytes(verifier.canonical(self.proofs.journal(self.clock.now_us())))
        (folder / "journal.pem").write_bytes(proofs.journal_key())
        (folder / "ville.pem").write_bytes(sealer.certificate_pem)
        (folder / "ville-chaine.pem").write_bytes(sealer.chain_pem)
        config = settings.BEFFROI
        if config.journal.timestamp_ca:
            shutil.copyfile(config.data / config.journal.timestamp_ca, folder / "horodatage.pem")

    def _write_reader(self) -> None:
        folder = self.folder / "lecteur"
        folder.mkdir()
        write_reader(folder, number=self.order.number)

    # -- manifest and seals ---------------------------------------------------------------------------------

    def _manifest(self, certificate_sha256: str) -> dict[str, Any]:
        order, now_us, zone, place = self.order, self.clock.now_us(), town_zone(), town()
        prints = "".join(f"{self.digests[one['path']]}  {one['path']}\n" for one in _by_path(self.originals))
        people = {name: _person(getattr(order, name)) for name in ("requester", "recipient", "chooser", "validator")}
        asked = {"from_at_us": order.from_at_us, "to_at_us": order.to_at_us}
        for name in ("from", "to"):
            asked |= _texts(f"{name}_", asked[f"{name}_at_us"], zone)
        return {
            "format": "beffroi-pack",
            "version": 1,
            "software": f"Beffroi {__version__}",
            "order": order.id,
            "number": order.number,
            "town": {
                "name": _town_name(),
                "service": "Centre de supervision urbain",
                "time_zone": zone.key,
                "fictional": bool(place and place.is_fictional),
            },
            "requisition": {
                "frame": order.frame,
                "article": order.article,
                "procedure": order.procedure,
                "authorisation": order.authorisation,
                "received_at_us": order.received_at_us,
            },
            "people": people,
            "result": order.result.value,
            "findings": order.findings,
            "asked": asked,
            "made": {"at_us": now_us} | _texts("", now_us, zone),
            "cameras": self.cameras,
            "originals": self.originals,
            "originals_sha256": hashlib.sha256(prints.encode()).hexdigest(),
            "has_reader": PAGE.exists(),
            "seal": certificate_sha256,
        }

    def _seal(self, manifest: dict[str, Any], sealer: seal.Sealer) -> None:
        """The manifest is written twice at most: what it says of its token must hold."""
        url = settings.BEFFROI.journal.timestamp_url
        for stamp in (verifier.TOKEN, verifier.UNSTAMPED) if url else (verifier.UNSTAMPED,):
            raw = self._written(manifest | {"stamp": stamp})
            try:
                token = timestamped(url, raw) if stamp == verifier.TOKEN else b""
            except Unavailable:
                continue  # the authority is away: the pack is valid and says that nobody dated it
            if token:
                (self.folder / verifier.TOKEN).write_bytes(token)
            break
        (self.folder / verifier.SIGNATURE).write_bytes(sealer.sign(raw))
        lines = [f"{self._digest(path)}  {path}\n" for path in _files(self.folder)]
        (self.folder / verifier.PRINTS).write_text("".join(lines), "utf-8")

    def _written(self, manifest: dict[str, Any]) -> bytes:
        (self.folder / "bordereau.pdf").write_bytes(slip.slip(self.order, manifest))
        (self.folder / verifier.MANIFEST).unlink(missing_ok=True)
        files = [
            {"path": path, "bytes": (self.folder / path).stat().st_size, "sha256": self._digest(path)}
            for path in _files(self.folder)
        ]
        raw = verifier.canonical(manifest | {"files": files})
        (self.folder / verifier.MANIFEST).write_bytes(raw)
        return raw

    def _digest(self, path: str) -> str:
        if path in self.digests:
            return self.digests[path]
        with (self.folder / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _agent(person: PackPerson) -> Agent:
    agent = Agent.objects.filter(pk=person.id, is_active=True).first()
    if agent is None:
        raise InvalidInput(
            "Whoever chose the images has no account any more; choose again under another name.",
            message_fr="Qui a choisi les images n'a plus de compte ; choisissez de nouveau sous un autre nom.",
            field="chooser",
        )
    return agent


def _masks(camera: str, order: PackOrder) -> Iterator[dict[str, Any]]:
    for one in masks_in_force(camera, order.from_at_us, order.to_at_us):
        for polygon in one.masks.polygons:
            yield {
                "id": f"{one.masks.version}-{one.masks.polygons.index(polygon) + 1}",
                "from_at_us": one.from_at_us,
                "to_at_us": one.to_at_us or None,
                "driver": one.masks.driver.value,
            }


def _person(person: PackPerson | None) -> dict[str, str] | None:
    return {"name": person.name, "quality": person.quality, "unit": person.unit} if person else None


def _texts(prefix: str, at_us: int, zone: Any) -> dict[str, Any]:
    at = from_us(at_us)
    return {f"{prefix}utc": at.isoformat(), f"{prefix}local": at.astimezone(zone).isoformat()}


def _town_name() -> str:
    place = town()
    return place.name if place else "Ville"


def _split(digests: str) -> list[str]:
    return [digests[at : at + 64] for at in range(0, len(digests), 64)]


def _by_path(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(made, key=lambda one: str(one["path"]))


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _fsync_tree(folder: Path) -> None:
    """Every file and folder on disk before the name is given."""
    for path in [*folder.rglob("*"), folder]:
        _fsync(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
