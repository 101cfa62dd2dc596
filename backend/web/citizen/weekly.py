"""Weekly visits as one act: how they stand, and giving up what is left of them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

import booking.actions
import payments.queries
from booking import queries as booking_queries
from booking.api.wishes import clean_wishes
from booking.errors import EmergencyWords
from core.errors import Conflict, Invalid, NotFound
from core.money import Money
from core.pages import actor_of, now
from core.refs import Ref
from journeys import series as journey
from web.citizen.door import as_id, as_instant, citizen_page
from web.citizen.emergency import emergency_page
from web.templatetags import lanh


@citizen_page
def series(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """All visits of a series with the one payment for them."""
    actor, moment = actor_of(request), now()
    visits = list(booking_queries.series_for(actor, series_id))
    if not visits:
        raise NotFound()
    payment = payments.queries.for_subject(Ref("series", series_id))
    coming = [one for one in visits if one.starts_at > moment and str(one.status) in {"booked", "checked_in"}]
    terms = [booking_queries.cancel_terms(one, moment) for one in coming]
    held = [one for one in visits if str(one.status) == "held" and not one.is_overdue(moment)]
    context = {
        "visits": visits,
        "first": visits[0],
        "payment": payment,
        "moment": moment,
        "actor": actor,
        "coming": coming,
        "held": held[0] if held else None,
        "fee": sum((one.fee for one in terms), Money(0, visits[0].price_currency)),
        "price": sum((one.price for one in visits), Money(0, visits[0].price_currency)),
    }
    return render(request, "web/citizen/series.html", context)


@require_POST
@citizen_page
def take(request: HttpRequest) -> HttpResponse:
    """Hold the same time for several weeks, and go to the first of them to pay for all."""
    actor = actor_of(request)
    wish = request.POST
    count = wish.get("weeks", "")
    schedule_id, person_id = as_id(wish.get("schedule")), as_id(wish.get("person"))
    mode, reason, moment = wish.get("mode", "")[:10], wish.get("reason", "")[:500], now()
    try:
        values = clean_wishes(
            {
                "condition": wish.get("condition", "")[:12],
                "not_an_emergency": bool(wish.get("not_an_emergency")),
                "if_late": "refund",
            },
            mode=mode,
            person_id=person_id,
            schedule_id=schedule_id,
            reason=reason,
            by=actor,
            now=moment,
        )
        visits, _payment = journey.book_weekly(
            schedule_id=schedule_id,
            starts_at=as_instant(wish.get("at")),
            count=int(count) if count.isascii() and count.isdigit() and len(count) < 3 else 0,
            visit_type_id=as_id(wish.get("visit")),
            person_id=person_id,
            mode=mode,
            reason=reason,
            values=values,
            by=actor,
            now=moment,
        )
    except EmergencyWords as refusal:
        return emergency_page(request, refusal, f"/doctors/{as_id(wish.get('doctor'))}/")
    except (Conflict, Invalid) as refusal:
        when = refusal.fields.get("starts_at")
        words = str(refusal.detail)
        if when:
            day = lanh.day(as_instant(when[0]))
            words = _("%(day)s: %(words)s") % {"day": day, "words": words}
        messages.error(request, words)
        return redirect(f"/doctors/{as_id(wish.get('doctor'))}/")
    return redirect("web_appointment", appointment_id=visits[0].pk)


@require_POST
@citizen_page
def cancel(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """Give up all that is still to come."""
    given_up = booking.actions.cancel_series(
        series_id=series_id, reason=request.POST.get("reason", "")[:500], by=actor_of(request), now=now()
    )
    number = len(given_up)
    words = ngettext("%(number)s visit is cancelled.", "%(number)s visits are cancelled.", number)
    messages.success(request, words % {"number": number})
    return redirect("web_series", series_id=series_id)
