"""The citizen's page of "who has it": ask, compare, reserve, take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.errors import DomainError, NotFound, TooMany
from core.pages import actor_of, now, page
from identity import queries as identity_queries
from prescriptions import access, actions, queries
from prescriptions.models import Prescription

CITIZEN = {"citizen"}
ORDER_WORDS = {
    "price": gettext_lazy("Cheapest"),
    "near": gettext_lazy("Nearest"),
    "all": gettext_lazy("Has everything"),
    "soon": gettext_lazy("Ready first"),
}


def place_of(text: str) -> tuple[float, float] | None:
    """Read "latitude,longitude"; None for anything that is no place on earth."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


@page(roles=CITIZEN)
def who_has_it(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Before asking: where to ask. Afterwards: the answers side by side, as they come in."""
    actor, moment = actor_of(request), now()
    prescription = access.get_collectable(actor, prescription_id, moment)
    home = prescription.person.province_id or prescription.facility.province_id
    if request.method == "POST":
        radius = request.POST.get("radius", "5")
        try:
            actions.ask_pharmacies(
                prescription_id=prescription_id,
                near=place_of(request.POST.get("near", "")[:40]),
                radius_km=int(radius) if radius in {str(one) for one in queries.RADII_KM} else 5,
                province=request.POST.get("province", home).replace("\x00", "")[:2],
                include_closed="include_closed" in request.POST,
                by=actor,
                now=moment,
            )
        except NotFound:
            raise
        except DomainError as error:
            messages.error(request, str(error.detail))
        return redirect("prescription_who_has_it", prescription_id)
    order = request.GET.get("order", "price")
    inquiry = queries.latest_inquiry(prescription)
    asking = "again" in request.GET or inquiry is None
    collectable = prescription.status == Prescription.Status.SIGNED and not prescription.is_past(moment)
    context: dict[str, Any] = {
        "prescription": prescription,
        "collectable": collectable,
        "left": queries.left_of(prescription),
        "reservations": queries.reservations_of(prescription),
        "inquiry": inquiry,
        "live": inquiry is not None and inquiry.is_live(moment),
        "asking": asking and collectable,
        "comparison": queries.compare(inquiry, moment, order) if inquiry and not asking else None,
        "orders": ORDER_WORDS.items(),
        "order": order if order in ORDER_WORDS else "price",
        "provinces": identity_queries.provinces(),
        "home": home,
        "radii": queries.RADII_KM,
    }
    return render(request, "prescriptions/who_has_it.html", context)


def _id_of(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as error:
        raise NotFound() from error


def _tried(request: HttpRequest, prescription_id: UUID, act: Any, said: str) -> HttpResponse:
    try:
        act()
    except (NotFound, TooMany):
        raise
    except DomainError as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, said)
    return redirect("prescription_who_has_it", prescription_id)


@require_POST
@page(roles=CITIZEN)
def reserve(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Have what one pharmacy has kept for pick-up."""
    by, moment, answer_id = actor_of(request), now(), _id_of(request, "answer")
    access.get_collectable(by, prescription_id, moment)
    said = _("Reserved. The pharmacy sees your prescription now and gets it ready.")
    return _tried(
        request, prescription_id, lambda: actions.reserve(answer_id=answer_id, by=by, now=moment), said
    )  # fmt: skip


@require_POST
@page(roles=CITIZEN)
def take_back(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Let go of what is kept."""
    by, moment, kept = actor_of(request), now(), _id_of(request, "reservation")
    access.get_collectable(by, prescription_id, moment)
    return _tried(
        request,
        prescription_id,
        lambda: actions.take_back_reservation(reservation_id=kept, by=by, now=moment),
        _("Done. Nothing is kept for you there any more."),
    )


@require_POST
@page(roles=CITIZEN)
def withdraw(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Take the question back."""
    by, moment, inquiry = actor_of(request), now(), _id_of(request, "inquiry")
    access.get_collectable(by, prescription_id, moment)
    return _tried(
        request,
        prescription_id,
        lambda: actions.withdraw_inquiry(inquiry_id=inquiry, by=by, now=moment),
        _("The question is taken back. The pharmacies do not see it any more."),
    )
