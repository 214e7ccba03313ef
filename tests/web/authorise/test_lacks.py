"""Twelve dossiers, each without one thing: it is named with its article, and its link leads to where it is filled."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoDbBlocker

from beffroi.authorise.dossier import queries, services, words
from beffroi.authorise.dossier.pieces import Lack
from beffroi.authorise.models import Contact, Dossier, Sign, Undertaking
from beffroi.authorise.models.dossiers import PieceChoice
from beffroi.people.rules import Role
from beffroi.plan.models import Camera, Link
from beffroi.territory.models import Fact
from tests.web.landed import START, landed_demo


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker):
        yield


@pytest.fixture
def whole(landed: None, db: None) -> Dossier:
    """The renewal of the demo, ready to be filed."""
    found = Dossier.objects.get(pk="renouvellement-1-2")
    services.write_text(found, "retention-reason", "Quinze jours : le temps des plaintes.", by="system")
    services.attach(found, PieceChoice.CONFORMITY, name="Attestation", content=b"%PDF-1.7", by="system")
    assert queries.missing(found, START) == ()
    return found


def without_facts(_dossier: Dossier) -> None:
    Fact.objects.filter(zone="z05").delete()


def without_order(dossier: Dossier) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(replaces=None)


def without_change(dossier: Dossier) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(kind="modification")


TAKEN: dict[str, tuple[Callable[[Dossier], object], set[Lack], str]] = {
    "cameras": (lambda one: one.cameras.clear(), {Lack.NO_CAMERA}, "demande/"),
    "purposes": (lambda one: Dossier.objects.filter(pk=one.pk).update(purposes=[]), {Lack.NO_PURPOSE}, "demande/"),
    "facts": (without_facts, {Lack.NO_EVIDENCE}, "/territoire/zones/z05/"),
    "text": (lambda one: services.write_text(one, "context", "", by="system"), {Lack.NO_TEXT}, "textes/context/"),
    "officer": (lambda _: Contact.objects.filter(pk="dpo").delete(), {Lack.NO_CONTACT}, "contacts/dpo/"),
    "sign": (
        lambda _: Sign.objects.filter(site="s13").delete(),
        {Lack.NO_SIGN, Lack.UNSIGNED_APPROACH},
        "/dossiers/affiches/",
    ),
    "role": (lambda _: Camera.objects.filter(pk="c03").update(role=""), {Lack.NO_ROLE}, "/programme/"),
    "rate": (lambda _: Camera.objects.filter(pk="c03").update(fps=4), {Lack.NOT_CONFORMING}, "/programme/"),
    "bandwidth": (
        lambda _: Link.objects.filter(pk="f12").update(capacity_mbit_s=10),
        {Lack.LINK_TOO_FULL},
        "/programme/",
    ),
    "attestation": (lambda one: one.attachments.all().delete(), {Lack.NO_ATTESTATION}, "#jointes"),
    "undertaking": (lambda _: Undertaking.objects.all().delete(), {Lack.NO_UNDERTAKING}, "engagement"),
    "order": (without_order, {Lack.NO_ORDER_REPLACED}, "demande/"),
    "change": (without_change, {Lack.NO_CHANGE}, "demande/"),
}


@pytest.mark.parametrize("thing", TAKEN)
def test_what_a_dossier_lacks_is_named_with_its_article_and_a_link_to_where_it_is_filled(
    whole: Dossier, client_of: Callable[..., Client], thing: str
) -> None:
    take, lacks, where = TAKEN[thing]
    take(whole)
    whole.refresh_from_db()
    found = words.wants(whole, queries.missing(whole, START))
    assert {one.missing.lack for one in found} <= lacks and found
    client = client_of(Role.TECHNICAL)
    page = client.get("/dossier/renouvellement-1-2/").content.decode()
    for one in found:
        assert one.missing.article and where in one.url
        assert escape(one.text) in page and one.url in page
        assert client.get(one.url.partition("#")[0]).status_code == 200
    assert "Inscrire le dépôt" not in page
