"""Kiosks and corridor screens of a facility: the desk makes an address for each device, and ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from booking import actions, codes, queries
from core.pages import actor_of, now
from web.consoles.hospital.desk import desk_page, schedules_of


class ScreenForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        choices=[
            ("kiosk", gettext_lazy("Kiosk: people check in by themselves")),
            ("corridor", gettext_lazy("Corridor screen: shows the numbers")),
        ],
        widget=forms.RadioSelect,
        initial="kiosk",
    )
    name = forms.CharField(
        label=gettext_lazy("Where it stands"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    rooms = forms.MultipleChoiceField(
        label=gettext_lazy("Rooms it shows"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Tick none to show all of them."),
    )

    def __init__(self, *args: Any, rooms: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rooms"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(room, room) for room in rooms]


@dataclass(frozen=True)
class Row:
    """One screen with its address."""

    screen: Any
    address: str

    @property
    def qr(self) -> str:
        """The address as a picture, for tablets that can scan."""
        code = segno.make(self.address, error="m", micro=False)
        return code.svg_data_uri(scale=4, border=2, dark="#10231c", light="#ffffff")


@require_http_methods(["GET", "POST"])
@desk_page
def screens(request: HttpRequest) -> HttpResponse:
    """List the screens that work; make another."""
    by = actor_of(request)
    rooms = sorted({one.room for one in schedules_of(by) if one.room})
    form = ScreenForm(request.POST or None, rooms=rooms)
    if request.method == "POST" and form.is_valid():
        actions.add_screen(
            kind=form.cleaned_data["kind"],
            name=form.cleaned_data["name"],
            rooms=form.cleaned_data["rooms"] if form.cleaned_data["kind"] == "corridor" else [],
            by=by,
            now=now(),
        )
        messages.success(request, _("The screen is ready. Open its address on the device."))
        return redirect("hospital_screens")
    rows = [
        Row(one, request.build_absolute_uri(reverse(str(one.kind), args=[codes.address_of(one.pk)])))
        for one in queries.screens_of(by)
    ]
    return render(request, "web/queue/screens.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)


@require_POST
@desk_page
def revoke(request: HttpRequest, screen_id: UUID) -> HttpResponse:
    """End a screen."""
    actions.revoke_screen(screen_id=screen_id, by=actor_of(request), now=now())
    messages.success(request, _("The screen is ended: its address leads nowhere."))
    return redirect("hospital_screens")
