"""The pharmacy's counter: type or scan the two codes, review, take in hand, hand out, close or give back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.actor import Actor
from core.errors import Conflict, DomainError, Invalid
from core.pages import actor_of, now, page
from identity.access import require_facility
from prescriptions import access, actions, queries, words
from prescriptions.choices import NotDispensedReason, ReturnReason
from web.consoles import pharmacy_substitution as substitution

PHARMACIST = {"pharmacist"}
MOST_LOTS = 6  # of one item in one form
COUNTER, REVIEW = "web/pharmacy/counter.html", "web/pharmacy/review.html"


class ChangedMeanwhile(Conflict):
    code = "handed_out_meanwhile"
    message = gettext_lazy("Something was handed out meanwhile. Please look at the quantities again.")


def _today(by: Actor, moment: datetime) -> tuple[datetime, datetime]:
    """The pharmacy's day on its own calendar, as [begin, end)."""
    zone = ZoneInfo(require_facility(by, access.pharmacy_of(by)).zone)
    begin = datetime.combine(moment.astimezone(zone).date(), time.min, zone)
    return begin, begin + timedelta(days=1)


def _counter(
    request: HttpRequest, *, error: DomainError | None = None, typed: dict[str, str] | None = None
) -> HttpResponse:
    by, moment = actor_of(request), now()
    here = access.pharmacy_of(by)
    context = {
        "queue": list(queries.queue_of(here)),
        "kept": queries.kept_here(by),
        "waiting_questions": sum(one.answer.said == "nothing" for one in queries.asked_here(by, moment)),
        "held": list(queries.held_by(here)),
        "done": queries.dispensed_on(here, *_today(by, moment)),
        "error": error,
        "typed": typed or {},
        "moment": moment,
    }
    return render(request, COUNTER, context)  # a form shown again, as after any typing mistake


@require_safe
@page(roles=PHARMACIST)
def counter(request: HttpRequest) -> HttpResponse:
    """The field for the codes, what citizens sent here, what is in hand."""
    return _counter(request)


@require_POST
@page(roles=PHARMACIST)
def lookup(request: HttpRequest) -> HttpResponse:
    """Find a prescription by what was typed or scanned; a scanner may put both codes into the first field."""
    code, access_code = request.POST.get("code", "")[:80], request.POST.get("access_code", "")[:40]
    if "#" in code:
        code, _mark, access_code = code.partition("#")
    try:
        found = actions.lookup(code=code, access_code=access_code, by=actor_of(request), now=now())
    except DomainError as error:
        return _counter(request, error=error, typed={"code": code.strip()})
    return redirect("pharmacy_prescription", found.id)


def _rows(item: Any, typed: Any, proposed: list[Any]) -> list[dict[str, Any]]:
    """The lots of one item in the form: as typed, else as the shelf proposes (what expires first), else one empty row."""
    if typed:
        names = [f"{item.id}", *(f"{item.id}-{number}" for number in range(1, MOST_LOTS))]
        said = [(name, typed.get(f"quantity-{name}"), typed.get(f"lot-{name}", "")) for name in names]
        return [
            {"name": name, "quantity": quantity, "lot": lot, "take": None}
            for name, quantity, lot in said
            if quantity is not None
        ]
    if not proposed:
        return [{"name": f"{item.id}", "quantity": item.remaining, "lot": "", "take": None}]
    return [
        {
            "name": f"{item.id}-{number}" if number else f"{item.id}",
            "quantity": take.quantity,
            "lot": take.lot.number,
            "take": take,
        }
        for number, take in enumerate(proposed[:MOST_LOTS])
    ]


def _review(request: HttpRequest, prescription_id: UUID, *, error: DomainError | None = None) -> HttpResponse:
    by, moment = actor_of(request), now()
    prescription = access.get_prescription(by, prescription_id, moment)
    held = queries.hold_of(prescription)
    mine = held is not None and held.pharmacy_id == by.facility_id
    part = held.part if held is not None else queries.part_now(prescription, moment)
    if mine:
        queries.within_part(prescription, held)
    checked = queries.check_prescription(prescription, moment)
    given = {one.finding: one for one in prescription.overrides.all()}
    findings = [
        {
            "finding": one,
            "title": words.title_of(one),
            "text": words.text_of(one),
            "source": words.source_of(one),
            "override": given.get(one.key),
            "known": one.key in checked.known,
            "must_be_seen": mine and held is not None and one.grade == "block" and one.key not in held.seen_findings,
        }
        for one in checked.findings
    ]
    typed = request.POST if error else {}
    lines = list(prescription.items.all())
    proposed = queries.proposals(access.pharmacy_of(by), lines, prescription.id, _today(by, moment)[0].date())
    items = [
        {
            "item": item,
            "number": number,
            "rows": _rows(item, typed, proposed[item.id]),
            "reason": typed.get(f"reason-{item.id}", ""),
            **substitution.offered(item, typed, mine, by, moment),
        }
        for number, item in enumerate(lines)
    ]
    context = {
        "prescription": prescription,
        "content": prescription.content,
        "items": items,
        "fresh": [one for one in findings if not one["known"]],
        "known": [one for one in findings if one["known"]],
        "allergies": queries.allergies_of(prescription.person_id),
        "signature": queries.signature_of(prescription),
        "mine": mine,
        "elsewhere": held is not None and not mine,
        "past": prescription.is_past(moment) or (mine and part is not None and not part.is_open(moment)),
        "part": part,
        "parts": prescription.parts.all(),
        "replacement": queries.replacement_of(prescription, by, moment),
        "kept": queries.reservation_here(by, prescription.id),
        "done": queries.holds_here(by, prescription.id),
        "started": any(item.dispensed_quantity for item in prescription.items.all()),
        "finished": not any(item.remaining for item in prescription.items.all()),
        "reasons": NotDispensedReason.choices,
        "return_reasons": ReturnReason.choices,
        "error": error,
    }
    return render(request, REVIEW, context)


@require_safe
@page(roles=PHARMACIST)
def prescription(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Everything the pharmacist looks at before and while handing out."""
    return _review(request, prescription_id)


@require_POST
@page(roles=PHARMACIST)
def accept(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Take it in hand."""
    try:
        actions.accept(prescription_id=prescription_id, by=actor_of(request), now=now())
    except Conflict as error:
        return _counter(request, error=error)
    messages.success(request, _("You have it in hand. No other pharmacy can fill it now."))
    return redirect("pharmacy_prescription", prescription_id)


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1


def _handed_out(request: HttpRequest, items: list[Any]) -> list[dict[str, Any]]:
    """Read the quantities and lots of the form. Raises Invalid by field, ChangedMeanwhile for a form of an earlier state."""
    wanted: list[dict[str, Any]] = []
    wrong: dict[str, list[str]] = {}
    for item in items:
        if _whole(request.POST.get(f"was-{item.id}", "0")) != item.dispensed_quantity:
            raise ChangedMeanwhile()
        extra = substitution.wished(request.POST, item, wrong)
        left = item.remaining
        for name in (f"{item.id}", *(f"{item.id}-{number}" for number in range(1, MOST_LOTS))):
            quantity = _whole(request.POST.get(f"quantity-{name}", "0") or "0")
            lot = request.POST.get(f"lot-{name}", "").replace("\x00", "").strip()[:40]
            if quantity < 0 or quantity > left:
                wrong[f"quantity-{item.id}"] = [_("A whole number from 0 to %(most)s.") % {"most": item.remaining}]
            elif quantity and not lot:
                wrong[f"lot-{item.id}"] = [_("Please write the lot number on the box.")]
            elif quantity:
                wanted.append({"item": item.id, "quantity": quantity, "lot": lot, **extra})
                left -= quantity
    if wrong:
        raise Invalid(fields=wrong)
    return wanted


@require_POST
@page(roles=PHARMACIST)
def dispense(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Hand out what the form says; "finish" also closes, with the reasons for what is left."""
    by, moment = actor_of(request), now()
    found = access.get_prescription(by, prescription_id, moment)
    secret = queries.secret_for(by, prescription_id)
    queries.within_part(found, queries.hold_of(found))
    items = list(found.items.all())
    try:
        wanted = _handed_out(request, items)
        if wanted:
            seen = [key[:300] for key in request.POST.getlist("seen")[:60]]
            actions.dispense(prescription_id=prescription_id, secret=secret, items=wanted, seen=seen, by=by, now=moment)
        if request.POST.get("then") != "finish":
            messages.success(request, _("Recorded. The prescription is still in your hands."))
            return redirect("pharmacy_prescription", prescription_id)
        reasons = [(item.id, request.POST.get(f"reason-{item.id}", "")) for item in items]
        left = [{"item": key, "reason": reason} for key, reason in reasons if reason in NotDispensedReason.values]
        actions.complete(prescription_id=prescription_id, secret=secret, not_dispensed=left, by=by, now=moment)
    except DomainError as error:
        return _review(request, prescription_id, error=error)
    messages.success(request, _("Done. The patient has been told."))
    return redirect("pharmacy_counter")


@require_POST
@page(roles=PHARMACIST)
def give_back(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Give it back, so that another pharmacy can take it."""
    reason = request.POST.get("reason", "")
    if reason not in ReturnReason.values:
        return _review(request, prescription_id, error=Invalid(_("Please choose a reason.")))
    actions.return_(prescription_id=prescription_id, reason=reason, by=actor_of(request), now=now())
    messages.success(request, _("Given back. The patient can take it to another pharmacy."))
    return redirect("pharmacy_counter")


@require_safe
@page(roles=PHARMACIST)
def today(request: HttpRequest) -> HttpResponse:
    """What this pharmacy closed today, with lots."""
    by, moment = actor_of(request), now()
    begin, end = _today(by, moment)
    done = queries.dispensed_on(access.pharmacy_of(by), begin, end)
    return render(request, "web/pharmacy/today.html", {"done": done, "day": begin})


page_patterns = [
    path("pharmacy/", counter, name="pharmacy_counter"),
    path("pharmacy/lookup/", lookup, name="pharmacy_lookup"),
    path("pharmacy/today/", today, name="pharmacy_today"),
    path("pharmacy/prescriptions/<uuid:prescription_id>/", prescription, name="pharmacy_prescription"),
    path("pharmacy/prescriptions/<uuid:prescription_id>/accept/", accept, name="pharmacy_accept"),
    path("pharmacy/prescriptions/<uuid:prescription_id>/dispense/", dispense, name="pharmacy_dispense"),
    path("pharmacy/prescriptions/<uuid:prescription_id>/return/", give_back, name="pharmacy_return"),
]
