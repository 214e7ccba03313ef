"""Forms of the designs: what is asked of a network, how one is taken over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.people.forms import day_field
from beffroi.plan import tables
from beffroi.plan.calc.cost import Kind
from beffroi.plan.designing.asking import Spot
from beffroi.plan.designing.rows import DesignAsked
from beffroi.plan.designing.words import PRICES
from beffroi.plan.models import Link, Phase

TREE, RING = "tree", "ring"
_ROWS = {"low": _("bas"), "likely": _("probable"), "high": _("haut")}
_BOXES = forms.CheckboxSelectMultiple


class DesignForm(forms.Form):
    """Who is joined, in which form, at which prices. By default everybody, the dated table of prices."""

    form = forms.ChoiceField(
        label=_("Forme"), widget=forms.RadioSelect, initial=TREE,
        choices=[
            (TREE, _("Arbre : le moins de tranchées ; une coupure isole tout ce qui est derrière")),
            (RING, _("Boucle et antennes : aucune coupure de tranchée n'isole un bâtiment de la boucle")),
        ],
    )  # fmt: skip
    ring = forms.MultipleChoiceField(
        label=_("Bâtiments de la boucle"), required=False, widget=_BOXES,
        help_text=_("Avec le CSU. Chacun reçoit deux adductions ; les autres pendent à la boucle par une antenne."),
    )  # fmt: skip
    csu = forms.ChoiceField(label=_("CSU"))
    buildings = forms.MultipleChoiceField(label=_("Bâtiments publics"), required=False, widget=_BOXES)
    sites = forms.MultipleChoiceField(label=_("Emplacements de caméras"), required=False, widget=_BOXES)
    reuses_laid = forms.BooleanField(
        label=_("Réemployer ce qui est posé"), required=False, initial=True,
        help_text=_("La fibre posée ne coûte plus rien ; décoché, tout est conçu et compté à neuf."),
    )  # fmt: skip
    uses_ducts = forms.BooleanField(
        label=_("Employer les fourreaux existants"), required=False, initial=True,
        help_text=_("Ceux de la couche des fourreaux : le câble y est tiré sans tranchée, au prix du bordereau."),
    )  # fmt: skip
    surface = forms.ChoiceField(label=_("Sol des tranchées"), help_text=_("Partout le même : le bordereau affine."))
    lighting = forms.MultipleChoiceField(
        label=_("Emplacements alimentés par l'éclairage public"), required=False, widget=_BOXES,
        help_text=_("Ce circuit est mort le jour : la page dit la batterie qu'il faut."),
    )  # fmt: skip

    def __init__(self, spots: Sequence[Spot], csu: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        buildings = [(one.id, one.name) for one in spots if not one.is_site]
        sites = [(one.id, one.name) for one in spots if one.is_site]
        table = tables.prices()
        self._given = {id_: price.eur for id_, price in table.prices.items() if price.kind in (Kind.TRENCH, Kind.CABLE)}
        surfaces = [(id_, PRICES[id_]) for id_ in self._given if table.prices[id_].kind is Kind.TRENCH]
        choices = {"ring": buildings, "csu": buildings, "buildings": buildings, "sites": sites, "lighting": sites,
                   "surface": surfaces}  # fmt: skip
        for name, rows in choices.items():
            self.fields[name].choices = rows  # type: ignore[attr-defined]
        everybody = {"buildings": [id_ for id_, _ in buildings], "sites": [id_ for id_, _ in sites]}
        self.initial = {"csu": csu, "surface": "street", **everybody, **self.initial}
        for id_, eur in self._given.items():
            for row, word in _ROWS.items():
                label = f"{PRICES[id_]}, {word}"
                field = forms.DecimalField(label=label, min_value=0, max_value=10_000, initial=f"{getattr(eur, row):g}")
                field.widget.attrs |= {"aria-label": label, "step": "any"}
                self.fields[f"price_{id_}_{row}"] = field

    def price_rows(self) -> Iterator[tuple[Any, list[Any]]]:
        """A line of the table of prices: what, and its three fields."""
        for id_ in self._given:
            yield PRICES[id_], [self[f"price_{id_}_{row}"] for row in _ROWS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for id_ in self._given:
            three = [cleaned.get(f"price_{id_}_{row}") for row in _ROWS]
            if None not in three and three != sorted(three, key=lambda one: one or Decimal(0)):
                self.add_error(f"price_{id_}_likely", _("Il faut bas ≤ probable ≤ haut."))
        if cleaned.get("form") == RING and not set(cleaned.get("ring", ())) - {cleaned.get("csu")}:
            self.add_error("ring", _("Cochez au moins un bâtiment de la boucle, ou choisissez l'arbre."))
        if not {*cleaned.get("buildings", ()), *cleaned.get("sites", ())} - {cleaned.get("csu")}:
            self.add_error("sites", _("Cochez au moins un bâtiment ou un emplacement à relier au CSU."))
        return cleaned

    @property
    def asked(self) -> DesignAsked:
        """The question; a price as in the table is not repeated, a building of the ring is joined."""
        said = self.cleaned_data
        ring = said["ring"] if said["form"] == RING else []
        prices = {}
        for id_, eur in self._given.items():
            low, likely, high = (float(said[f"price_{id_}_{row}"]) for row in _ROWS)
            if (low, likely, high) != (eur.low, eur.likely, eur.high):
                prices[id_] = low, likely, high
        return DesignAsked(
            csu=said["csu"],
            points=tuple(sorted({*said["buildings"], *said["sites"], *ring} - {said["csu"]})),
            ring=tuple(one for one in ring if one != said["csu"]),
            lighting=tuple(one for one in said["lighting"] if one in said["sites"]),
            reuses_laid=said["reuses_laid"],
            uses_ducts=said["uses_ducts"],
            surface=said["surface"],
            prices=prices,
        )


class TakeForm(forms.Form):
    """Where the trenches go that no open phase needs, from when, and which planned links they stand for."""

    phase = forms.ModelChoiceField(
        label=_("Phase des travaux"), queryset=Phase.objects.none(),
        help_text=_("Pour ce dont aucune phase ouverte n'a besoin : fermeture de la boucle, phases déjà en service."),
    )  # fmt: skip
    planned_on = day_field(_("Prévues pour le"))
    replaced = forms.MultipleChoiceField(
        label=_("Liaisons prévues à retirer"), required=False, widget=_BOXES,
        help_text=_("Jamais posées, qu'aucune tâche ne pose. Non cochées, elles restent au programme."),
    )  # fmt: skip

    def __init__(self, phases: Sequence[Phase], links: Sequence[Link], on: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["phase"]
        field.queryset = Phase.objects.filter(pk__in=[phase.pk for phase in phases])
        replaced: Any = self.fields["replaced"]
        replaced.choices = [(link.pk, f"{link.name} ({link.phase.name})") for link in links]
        if phases:
            later = max(on, phases[-1].planned_on)
            self.initial = {"phase": phases[-1].pk, "planned_on": later, **self.initial}
        if not links:
            del self.fields["replaced"]
