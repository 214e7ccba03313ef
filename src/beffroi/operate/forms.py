"""The form that adds, tests and changes a camera's device. The password goes in and never comes out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.operate.models import Device, Node
from beffroi.plan.models import Camera

WORKSHOP = "workshop"
SCHEMES = ("rtsp", "rtsps")
ONVIF_SCHEMES = ("http", "https")


def checked_stream_url(text: str) -> str:
    """`text` when it is the address of a stream without credentials; ValidationError that says the mend."""
    return checked_url(text, SCHEMES, now_("Écrivez une adresse comme rtsp://10.0.0.4:554/flux."))


def checked_url(text: str, schemes: tuple[str, ...], mend: str) -> str:
    """`text` when it is empty or an address of one of `schemes` without credentials; else ValidationError."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        bad_port = parts.port is not None and not 1 <= parts.port <= 65535
    except ValueError:
        parts, bad_port = urlsplit(""), True
    if parts.scheme not in schemes or not parts.hostname or bad_port or any(ord(letter) < 33 for letter in text):
        raise ValidationError(mend)
    if parts.username is not None or parts.password is not None:
        raise ValidationError(
            now_("N'écrivez ni identifiant ni mot de passe dans l'adresse : ils ont leurs champs, où ils sont scellés.")
        )
    return text


class StreamUrlField(forms.CharField):
    """An RTSP address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "")
        return checked_stream_url(text) if text else ""


class OnvifUrlField(forms.CharField):
    """The address of an ONVIF device service."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=500, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value) or "")
        return checked_url(text, ONVIF_SCHEMES, now_("Écrivez une adresse comme http://10.0.0.4/onvif/device_service."))


class DeviceForm(forms.Form):
    """Where a camera's pictures come from."""

    camera = forms.ChoiceField(label=_("Caméra"), choices=())
    name = forms.CharField(
        label=_("Nom de l'essai"),
        max_length=120,
        required=False,
        help_text=_("Seulement pour une caméra d'essai : le local privé et fermé où elle se trouve."),
    )
    node = forms.ModelChoiceField(label=_("Enregistreur"), queryset=Node.objects.none(), empty_label=None)
    main_url = StreamUrlField(
        label=_("Adresse du flux principal"), help_text=_("Par exemple rtsp://10.0.0.4:554/flux1, sans mot de passe.")
    )
    sub_url = StreamUrlField(
        label=_("Adresse du flux secondaire"),
        required=False,
        help_text=_("Le petit flux, pour les mosaïques ; laissez vide s'il n'y en a pas."),
    )
    onvif_url = OnvifUrlField(
        label=_("Adresse ONVIF"),
        required=False,
        help_text=_("Pour poser les masques dans la caméra ; vide : http://CAMÉRA/onvif/device_service."),
    )
    transport = forms.ChoiceField(label=_("Transport"), choices=Device.TRANSPORTS)
    username = forms.CharField(label=_("Identifiant"), max_length=120, required=False)
    password = forms.CharField(
        label=_("Mot de passe"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, device: Device | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device = device
        self._field(forms.ModelChoiceField, "node").queryset = Node.objects.exclude(public="")
        if device is None:
            self._field(forms.ChoiceField, "camera").choices = _free_cameras()
            self.fields["password"].help_text = _("Scellé dès l'enregistrement ; personne ne peut le relire.")
        else:
            del self.fields["camera"], self.fields["name"]
            self.fields["password"].help_text = _("Laissez vide pour garder celui qui est scellé.")
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"

    def _field(self, kind: Any, name: str) -> Any:
        field = self.fields[name]
        assert isinstance(field, kind)
        return field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("camera") == WORKSHOP and not cleaned.get("name"):
            self.add_error("name", now_("Nommez le local de l'essai."))
        if self._would_send_the_sealed_password_elsewhere(cleaned):
            self.add_error("password", now_("L'adresse désigne une autre machine : retapez le mot de passe."))
        return cleaned

    def _would_send_the_sealed_password_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """A password that nobody reads back could be read by whoever answers at a new address."""
        device = self.device
        if device is None or not device.sealed_password or cleaned.get("password"):
            return False
        known = {_endpoint(url) for url in (device.main_url, device.sub_url) if url}
        wanted = {_endpoint(url) for name in ("main_url", "sub_url") if (url := cleaned.get(name))}
        onvif_host = urlsplit(cleaned.get("onvif_url") or "").hostname
        return not wanted <= known or (onvif_host is not None and onvif_host not in {host for _, host, _ in known})

    @property
    def is_workshop(self) -> bool:
        """True when a workshop camera is being added."""
        return self.cleaned_data.get("camera") == WORKSHOP


def _endpoint(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _free_cameras() -> list[tuple[str, Any]]:
    cameras = Camera.objects.filter(device__isnull=True).order_by("number")
    return [
        (WORKSHOP, _("Caméra d'essai, dans un local privé fermé (24 heures)")),
        *((camera.pk, f"{camera.number} · {camera.name}") for camera in cameras),
    ]
