"""What the demo's home page proposes to try."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.people.rules import Role
from beffroi.territory.models import Town

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("roles", [(Role.OPERATOR,), (Role.CHIEF,)])
def test_the_demo_proposes_five_things_to_try(
    client_of: Callable[..., Client], town: Town, roles: tuple[Role, ...]
) -> None:
    page = client_of(*roles).get(reverse("home")).content.decode()
    steps = page.partition('id="h-try"')[2].partition("</ol>")[0]
    assert steps.count("<li>") == 5
