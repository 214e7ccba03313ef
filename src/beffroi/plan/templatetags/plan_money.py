"""Sums in pages: cents before tax as whole euros, and a lot's bar of what is committed and invoiced."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from beffroi.plan.models.works import ItemChoice
from beffroi.plan.works.queries import LotMoney
from beffroi.plan.works.rules import BudgetKind, Item

register = template.Library()
_WIDTH = 64.0


@register.filter
def euros(cents: int) -> str:
    """Euros, thousands apart by a narrow no-break space; cents only when there are some, so that columns add up."""
    sign, whole, rest = "-" if cents < 0 else "", *divmod(abs(cents), 100)
    return f"{sign}{whole:,}".replace(",", "\u202f") + (f",{rest:02d}" if rest else "")


@register.filter
def hundreds(eur: float) -> str:
    """Euros to the hundred: estimates are not known better."""
    return number_format(round(eur, -2), decimal_pos=0, force_grouping=True)


@register.filter
def sum_of(cents: Mapping[BudgetKind, int], kind: str) -> int:
    """The sum of one kind."""
    return cents[BudgetKind(kind)]


@register.simple_tag
def bar(lot: LotMoney) -> SafeString:
    """Committed, and invoiced within it, as shares of what was voted."""
    voted = lot.cents[BudgetKind.VOTED] or 1
    committed = _WIDTH * min(1.0, lot.cents[BudgetKind.COMMITTED] / voted)
    invoiced = _WIDTH * min(1.0, lot.cents[BudgetKind.INVOICED] / voted)
    return format_html(
        '<svg class="money" viewBox="0 0 64 10" width="64" height="10" aria-hidden="true"><rect class="voted" x=".5" '
        'y=".5" width="63" height="9"/><rect class="committed" width="{}" height="10"/><rect class="invoiced" y="2.5" '
        'width="{}" height="5"/></svg>',
        f"{committed:.1f}",
        f"{invoiced:.1f}",
    )


@register.filter
def item_label(item: Item) -> str:
    """What an acceptance item is called."""
    return str(ItemChoice(item.value).label)
