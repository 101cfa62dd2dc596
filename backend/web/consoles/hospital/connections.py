"""The hospital's own systems: which may sign in here, which are told of visits, and what could not be delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

import identity.actions
from booking import actions, queries
from core.edge import actor_of, now
from core.errors import DomainError
from identity import access as identity_access
from web.consoles.hospital.desk import desk_page

RIGHTS = [
    ("system/Schedule.read", gettext_lazy("see the doctors' schedules")),
    ("system/Slot.read", gettext_lazy("see free and taken times")),
    ("system/Appointment.read", gettext_lazy("see visits, without why people come")),
    ("system/Appointment.write", gettext_lazy("book and cancel visits")),
]
EVENTS = [
    ("appointment.booked", gettext_lazy("a visit is booked")),
    ("appointment.moved", gettext_lazy("a visit has another time")),
    ("appointment.cancelled", gettext_lazy("a visit is cancelled")),
    ("appointment.checked_in", gettext_lazy("somebody has arrived")),
    ("appointment.no_show", gettext_lazy("somebody did not come")),
    ("appointment.fulfilled", gettext_lazy("a visit took place")),
]
WORDS = {**dict(EVENTS), "ping": gettext_lazy("a greeting, to try the line")}
TROUBLES = {
    "no_answer": gettext_lazy("no answer"),
    "address_refused": gettext_lazy("the address leads where we do not go"),
}


class SystemForm(forms.Form):
    """A system that may sign in."""

    name = forms.CharField(label=gettext_lazy("Name of the system"), max_length=80)
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=RIGHTS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )


class HookForm(forms.Form):
    """An address that is told."""

    url = forms.CharField(label=gettext_lazy("Address"), max_length=500, widget=forms.URLInput)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("It hears when"), choices=EVENTS, widget=forms.CheckboxSelectMultiple, required=False
    )


@dataclass
class Shown:
    """What the page shows besides its lists: forms, and a secret that was just made."""

    system: SystemForm = field(default_factory=lambda: SystemForm(initial={"rights": [code for code, _ in RIGHTS[:3]]}))
    hook: HookForm = field(default_factory=lambda: HookForm(initial={"events": [code for code, _ in EVENTS]}))
    client: Any = None
    endpoint: Any = None
    secret: str = ""


@require_GET
@desk_page
def connections(request: HttpRequest) -> HttpResponse:
    """Systems, web hooks, and what could not be delivered."""
    return _page(request, Shown())


@require_POST
@desk_page
def add_system(request: HttpRequest) -> HttpResponse:
    """Let a system in; its secret is shown this once."""
    form = SystemForm(request.POST)
    if not form.is_valid():
        return _page(request, Shown(system=form), status=422)
    wish = form.cleaned_data
    client, secret = identity.actions.make_client(
        name=wish["name"], scopes=wish["rights"], by=actor_of(request), now=now()
    )
    return _page(request, Shown(client=client, secret=secret))


@require_POST
@desk_page
def revoke_system(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Shut a system out."""
    client = identity.actions.revoke_client(client_id=client_id, by=actor_of(request), now=now())
    messages.success(request, _("%(name)s can no longer sign in.") % {"name": client.name})
    return redirect("hospital_connections")


@require_POST
@desk_page
def add_hook(request: HttpRequest) -> HttpResponse:
    """Tell an address; the secret of its signatures is shown this once."""
    form = HookForm(request.POST)
    if form.is_valid():
        wish = form.cleaned_data
        events = [] if len(wish["events"]) == len(EVENTS) else wish["events"]
        try:
            endpoint, secret = actions.add_hook(url=wish["url"], events=events, by=actor_of(request), now=now())
        except DomainError as refusal:
            form.add_error("url", str(refusal.detail))
        else:
            return _page(request, Shown(endpoint=endpoint, secret=secret))
    return _page(request, Shown(hook=form), status=422)


@require_POST
@desk_page
def remove_hook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Stop telling an address."""
    endpoint = actions.remove_hook(endpoint_id=endpoint_id, by=actor_of(request), now=now())
    messages.success(request, _("%(url)s is no longer told.") % {"url": endpoint.url})
    return redirect("hospital_connections")


@require_POST
@desk_page
def ping_hook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Send a greeting."""
    actions.ping_hook(endpoint_id=endpoint_id, by=actor_of(request), now=now())
    messages.success(request, _("A greeting is on its way. Look below how it fares."))
    return redirect("hospital_connections")


@require_POST
@desk_page
def send_again(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Try once more what was given up."""
    actions.send_again(delivery_id=delivery_id, by=actor_of(request), now=now())
    messages.success(request, _("It is sent again."))
    return redirect("hospital_connections")


def _page(request: HttpRequest, shown: Shown, *, status: int = 200) -> HttpResponse:
    by, moment = actor_of(request), now()
    rights, words = dict(RIGHTS), WORDS
    context = {
        "shown": shown,
        "clients": [(one, [rights[scope] for scope in one.scopes]) for one in identity_access.clients_of(by)[:50]],
        "hooks": [
            (one, [words[event] for event in one.events], one.rests_until is not None and one.rests_until > moment)
            for one in queries.hooks_of(by)
        ],
        "failed": [_line(one) for one in queries.deliveries_of(by, failed_only=True)[:50]],
        "latest": [_line(one) for one in queries.deliveries_of(by)[:20]],
        "token_url": f"{settings.PUBLIC_URL}/oauth/token",
        "fhir_url": f"{settings.PUBLIC_URL}/fhir/R4",
    }
    return render(request, "web/hospital/connections.html", context, status=status)


def _line(delivery: Any) -> tuple[Any, Any, Any]:
    """A message, what it says, and what came back."""
    answer = TROUBLES.get(delivery.answer) or (f"HTTP {delivery.answer}" if delivery.answer else "")
    return delivery, WORDS.get(delivery.event, delivery.event), answer
