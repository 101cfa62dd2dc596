"""The citizen's pages: my prescriptions, one of them with its codes, and the choice of a pharmacy."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import Conflict, DomainError, Invalid, NotFound
from core.pages import actor_of, now, page
from identity import access as identity_access
from identity import queries as identity_queries
from prescriptions import access, actions, queries, words
from prescriptions.choices import CancelReason
from prescriptions.days import day_of_lines
from prescriptions.models import Prescription
from prescriptions.opening import opening_at
from prescriptions.telling import story_of

CITIZEN = {"citizen"}
# A citizen's own reasons; "replaced" is a doctor's.
CITIZEN_REASONS = [CancelReason.NOT_NEEDED, CancelReason.MISTAKE, CancelReason.REACTION]


@require_safe
@page(roles=CITIZEN)
def my_prescriptions(request: HttpRequest) -> HttpResponse:
    """Everything that may still be collected first, then what was."""
    actor = actor_of(request)
    people = list(identity_access.people_of(actor, "read").union(identity_access.people_of(actor, "collect")))
    rows = list(queries.of_people(people))
    return render(
        request,
        "prescriptions/list.html",
        {
            "current": [one for one in rows if one.is_open],
            "earlier": [one for one in rows if not one.is_open],
            "own_id": actor.person_id,
            "moment": now(),
        },
    )


def _show(request: HttpRequest, prescription: Prescription, *, status: int = 200, problem: str = "") -> HttpResponse:
    actor, moment = actor_of(request), now()
    may_collect = identity_access.may_act_for(actor, prescription.person_id, "collect")
    pharmacy = prescription.routed_to
    held = queries.hold_of(prescription)
    if held is not None:
        pharmacy = held.pharmacy
    collectable = prescription.is_open and not prescription.is_past(moment) and prescription.cancel_asked_at is None
    part = queries.part_now(prescription, moment)
    access_code = queries.shown_access_code(prescription) if may_collect else ""
    return render(
        request,
        "prescriptions/detail.html",
        {
            "prescription": prescription,
            "items": list(prescription.items.all()),
            "signature": queries.signature_of(prescription),
            "revisit_on": queries.particulars_of(prescription).revisit_on,
            "may_book": identity_access.may_act_for(actor, prescription.person_id, "book"),
            "access_code": f"{access_code[:4]} {access_code[4:]}".strip(),
            "collectable": collectable,
            "may_collect": may_collect,
            "may_route": collectable
            and may_collect
            and prescription.status == Prescription.Status.SIGNED
            and (part is None or part.is_open(moment)),
            "pharmacy": pharmacy,
            "opening": opening_at(pharmacy.opening_hours, pharmacy.zone, moment) if pharmacy else None,
            "held": held,
            "part": part,
            "part_is_open": part is not None and part.is_open(moment),
            "parts": [{"part": one, "state": one.state(moment)} for one in prescription.parts.all()],
            "standing": words.standing_of(prescription, moment),
            "replacement": queries.replacement_of(prescription, actor, moment),
            "day_parts": day_of_lines(prescription.items.all())[0],
            "by_clock": day_of_lines(prescription.items.all())[1],
            "reminded": queries.is_reminded(actor, prescription),
            "may_remind": prescription.status not in ("cancelled", "expired"),
            "reservations": queries.reservations_of(prescription) if may_collect else [],
            "story": story_of(prescription),
            "reasons": [(reason.value, reason.label) for reason in CITIZEN_REASONS],
            "for_somebody_else": prescription.person_id != actor.person_id,
            "problem": problem,
        },
        status=status,
    )


@require_safe
@page(roles=CITIZEN)
def one_prescription(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """What to take when, the codes to show, where to collect, and what has happened so far."""
    return _show(request, access.get_prescription(actor_of(request), prescription_id, now()))


@page(roles=CITIZEN)
def choose_pharmacy(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Pharmacies of my province, open ones first; choosing one sends the prescription there."""
    actor, moment = actor_of(request), now()
    if request.method == "POST":
        try:
            actions.route(
                prescription_id=prescription_id, pharmacy_id=_as_id(request.POST.get("pharmacy")), by=actor, now=moment
            )
        except (Conflict, Invalid) as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, _("Sent. The pharmacy sees your prescription now."))
        return redirect("prescription_detail", prescription_id)
    prescription = access.get_collectable(actor, prescription_id, moment)
    if prescription.status != Prescription.Status.SIGNED:
        return redirect("prescription_detail", prescription_id)
    province = _plain(request.GET.get("province", prescription.person.province_id or ""))[:2]
    q = _plain(request.GET.get("q", ""))[:80]
    return render(
        request,
        "prescriptions/pharmacies.html",
        {
            "prescription": prescription,
            "pharmacies": queries.pharmacies_for(prescription.person, moment, q=q, province=province),
            "provinces": identity_queries.provinces(),
            "province": province,
            "q": q,
        },
    )


def _plain(text: str) -> str:
    """Leave out NUL, which no column can hold."""
    return text.replace("\x00", "")


def _as_id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError as error:
        raise NotFound() from error


@require_POST
@page(roles=CITIZEN)
def cancel(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The citizen does not want it any more."""
    actor, moment = actor_of(request), now()
    prescription = access.get_collectable(actor, prescription_id, moment)
    reason = request.POST.get("reason", "")
    if reason not in CITIZEN_REASONS:
        return _show(request, prescription, status=422, problem=_("Please choose a reason."))
    try:
        actions.cancel(prescription_id=prescription_id, reason=reason, by=actor, now=moment)
    except DomainError as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("Cancelled. No pharmacy will fill this prescription."))
    return redirect("prescription_detail", prescription_id)
