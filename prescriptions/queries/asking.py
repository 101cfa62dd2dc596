"""Who has it: which pharmacies are in reach, what was asked and answered, what is kept where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum

from core.actor import Actor
from identity.models import Facility
from identity.queries import by_distance, facilities
from prescriptions import access
from prescriptions.distances import band_of
from prescriptions.models import (
    Inquiry,
    InquiryLine,
    Item,
    Part,
    PharmacyAnswer,
    Prescription,
    Reservation,
    ReservedLine,
)
from prescriptions.opening import Opening, opening_at
from prescriptions.queries.stock import good_lots

MOST_ASKED = 20
RADII_KM = (2, 5, 10, 30)
ORDERS = ("price", "near", "all", "soon")


@dataclass(frozen=True)
class Asked:
    """A pharmacy in reach. `today` is its own day."""

    facility: Facility
    distance_m: int | None
    opening: Opening
    today: date


def pharmacies_in_reach(
    now: datetime,
    *,
    near: tuple[float, float] | None = None,
    radius_km: int = 5,
    province: str = "",
    include_closed: bool = False,
) -> list[Asked]:
    """Return the pharmacies one may ask: the nearest 20 within the radius of a place, or 20 of a province where none is given."""
    if near is not None:
        rows = by_distance(facilities(kind="pharmacy"), *near).filter(distance_m__lte=radius_km * 1000)
        rows = rows.order_by("distance_m", "id")
    else:
        rows = facilities(kind="pharmacy", province=province)
    found = []
    for one in rows[: MOST_ASKED * 5]:
        opening = opening_at(one.opening_hours, one.zone, now)
        # Hours nobody has told us are no reason not to ask.
        if opening.is_open or include_closed or not one.opening_hours:
            today = now.astimezone(ZoneInfo(one.zone)).date()
            found.append(Asked(one, getattr(one, "distance_m", None), opening, today))
    return found[:MOST_ASKED]


def left_of(prescription: Prescription, part: Part | None = None) -> list[tuple[Item, int]]:
    """Return what may still be asked for and reserved of each item: what is neither handed out nor kept somewhere.

    `part` is the one that is open, of a prescription that is collected in parts: of the others nothing can be had now.
    """
    kept = kept_of(prescription)
    shares = {share.item_id: share.remaining for share in part.shares.all()} if part is not None else None
    left = [
        (item, (item.remaining if shares is None else shares.get(item.id, 0)) - kept.get(item.id, 0))
        for item in prescription.items.select_related("drug")
    ]
    return [(item, quantity) for item, quantity in left if quantity > 0]


def kept_of(prescription: Prescription) -> dict[UUID, int]:
    """Return how much of each item is kept for this prescription."""
    rows = ReservedLine.objects.filter(reservation__prescription=prescription, reservation__ended_at__isnull=True)
    return dict(rows.order_by().values_list("item_id").annotate(Sum("quantity")))


# ---- the citizen's side


@dataclass
class ComparedLine:
    """One item at one pharmacy: how much of it, at what price (dong); quantity 0 where it does not have it."""

    item: Item
    wanted: int
    quantity: int
    unit_price: int

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


@dataclass
class Compared:
    """What one pharmacy said, as the citizen weighs it against the others."""

    answer: PharmacyAnswer
    opening: Opening
    lines: list[ComparedLine]
    reservation: Reservation | None = None
    is_cheapest: bool = False
    is_nearest: bool = False

    @property
    def total(self) -> int:
        """Dong for all it has."""
        return sum(one.amount for one in self.lines)

    @property
    def has_all(self) -> bool:
        return all(one.quantity == one.wanted for one in self.lines)

    @property
    def missing(self) -> int:
        """How many items it does not have in full."""
        return sum(one.quantity < one.wanted for one in self.lines)


@dataclass(frozen=True)
class Comparison:
    """A question with all answers, the positive ones ordered as asked for."""

    inquiry: Inquiry
    lines: list[InquiryLine]
    has: list[Compared]
    refused: list[PharmacyAnswer]
    waiting: list[PharmacyAnswer]


def latest_inquiry(prescription: Prescription) -> Inquiry | None:
    """Return the newest question about a prescription, open or over."""
    return Inquiry.objects.filter(prescription=prescription).order_by("-asked_at", "-id").first()


def compare(inquiry: Inquiry, now: datetime, by: str = "price") -> Comparison:
    """Set the answers side by side. Cheapest first means: of those that have most of it; `by` is one of ORDERS."""
    lines = list(inquiry.lines.select_related("item__drug"))
    rows = inquiry.answers.select_related("pharmacy__province").prefetch_related("lines")
    answers = list(rows.order_by("distance_m", "pharmacy__sort_name"))
    kept = {
        one.answer_id: one
        for one in Reservation.objects.filter(answer__inquiry=inquiry, ended_at__isnull=True).prefetch_related("lines")
    }
    has = []
    for answer in answers:
        if answer.said != PharmacyAnswer.Said.HAS:
            continue
        said = {one.line_id: one for one in answer.lines.all()}
        compared = [
            ComparedLine(line.item, line.wanted, said[line.id].quantity, said[line.id].unit_price)
            if line.id in said
            else ComparedLine(line.item, line.wanted, 0, 0)
            for line in lines
        ]
        place = answer.pharmacy
        opening = opening_at(place.opening_hours, place.zone, now)
        has.append(Compared(answer, opening, compared, kept.get(answer.id)))
    _mark(has)
    far = 10**9
    keys = {
        "price": lambda one: (one.missing, one.total),
        "near": lambda one: (one.answer.distance_m if one.answer.distance_m is not None else far,),
        "all": lambda one: (one.missing, one.answer.ready_at),
        "soon": lambda one: (one.answer.ready_at,),
    }
    has.sort(key=keys.get(by, keys["price"]))
    return Comparison(
        inquiry,
        lines,
        has,
        refused=[one for one in answers if one.said == PharmacyAnswer.Said.REFUSED],
        waiting=[one for one in answers if one.said == PharmacyAnswer.Said.NOTHING],
    )


def _mark(has: list[Compared]) -> None:
    """Name the cheapest of those that have everything, and the nearest, where there is a choice."""
    whole = [one for one in has if one.has_all]
    if whole and len(has) > 1:
        least = min(one.total for one in whole)
        for one in whole:
            one.is_cheapest = one.total == least
    placed = [one for one in has if one.answer.distance_m is not None]
    if len(placed) > 1:
        nearest = min(placed, key=lambda one: one.answer.distance_m or 0)
        nearest.is_nearest = True


def reservations_of(prescription: Prescription) -> list[Reservation]:
    """Return what is kept for a prescription now, the soonest to end first."""
    rows = Reservation.objects.filter(prescription=prescription, ended_at__isnull=True).select_related(
        "pharmacy__province"
    )
    return list(rows.prefetch_related("lines__item__drug").order_by("until", "id"))


# ---- the pharmacy's side: medicines and a band, nothing about a person


@dataclass(frozen=True)
class AskedLine:
    """One medicine that is wanted, what of it is free on the shelf, and what the pharmacy said last."""

    line: InquiryLine
    free: int
    said_quantity: int | None
    said_price: int | None
    shelf_price: int | None

    @property
    def offer(self) -> int:
        """What the form begins with: what was said, or what the shelf can give."""
        return self.said_quantity if self.said_quantity is not None else min(self.free, self.line.wanted)


@dataclass(frozen=True)
class AskedHere:
    """A question as a pharmacy sees it."""

    answer: PharmacyAnswer
    band: str
    lines: list[AskedLine]


def asked_here(by: Actor, now: datetime) -> list[AskedHere]:
    """Return the live questions to the actor's pharmacy, those without an answer first, then the newest."""
    pharmacy_id = access.pharmacy_of(by)
    rows = access.answers_asked_of(by).filter(inquiry__ended_at__isnull=True, inquiry__closes_at__gt=now)
    kept = Reservation.objects.filter(answer__in=rows).values("answer_id")
    answers = list(
        rows.exclude(pk__in=kept)
        .select_related("inquiry", "pharmacy")
        .prefetch_related("inquiry__lines__item__drug", "lines")
        .order_by("-inquiry__asked_at", "-id")
    )
    drugs = {line.item.drug_id for answer in answers for line in answer.inquiry.lines.all()}
    lots = good_lots([pharmacy_id], drugs)
    found = []
    for answer in answers:
        said = {one.line_id: one for one in answer.lines.all()}
        today = now.astimezone(ZoneInfo(answer.pharmacy.zone)).date()
        lines = []
        for line in answer.inquiry.lines.all():
            on_shelf = [lot for lot in lots[pharmacy_id, line.item.drug_id] if lot.is_good_on(today)]
            before = said.get(line.id)
            lines.append(
                AskedLine(
                    line=line,
                    free=sum(lot.free for lot in on_shelf),
                    said_quantity=before.quantity if before else None,
                    said_price=before.unit_price if before else None,
                    shelf_price=max((lot.unit_price for lot in on_shelf), default=None),
                )
            )
        found.append(AskedHere(answer, band_of(answer.distance_m), lines))
    return sorted(found, key=lambda one: one.answer.said != PharmacyAnswer.Said.NOTHING)


def kept_here(by: Actor) -> list[Reservation]:
    """Return what the actor's pharmacy keeps, the next to be ready first."""
    rows = Reservation.objects.filter(pharmacy_id=access.pharmacy_of(by), ended_at__isnull=True)
    rows = rows.select_related("prescription__person").prefetch_related("lines__item__drug", "lines__lot")
    return list(rows.order_by("ready_at", "id"))


def reservation_here(by: Actor, prescription_id: UUID) -> Reservation | None:
    """Return what the actor's pharmacy keeps for one prescription."""
    return next((one for one in kept_here(by) if one.prescription_id == prescription_id), None)


# ---- facts for the house's own stories


@dataclass(frozen=True)
class InquiryFacts:
    """What a journey may tell: no medicine."""

    id: UUID
    pharmacy_name: str


def get_inquiry_facts(prescription_id: UUID, pharmacy_id: UUID) -> InquiryFacts | None:
    """Return the newest question to this pharmacy about a prescription."""
    rows = PharmacyAnswer.objects.filter(inquiry__prescription_id=prescription_id, pharmacy_id=pharmacy_id)
    found = rows.select_related("pharmacy").order_by("-inquiry__asked_at").first()
    return InquiryFacts(found.inquiry_id, found.pharmacy.name) if found else None


@dataclass(frozen=True)
class ReservationFacts:
    """What a journey may tell: no medicine."""

    pharmacy_name: str
    zone: str
    until: datetime


def get_reservation_facts(reservation_id: UUID) -> ReservationFacts:
    """Return the facts of a reservation."""
    found = Reservation.objects.select_related("pharmacy").get(pk=reservation_id)
    return ReservationFacts(found.pharmacy.name, found.pharmacy.zone, found.until)


# ---- what the clock ends


def reservations_over(now: datetime) -> list[UUID]:
    """Return reservations whose time is over, except where the pharmacy has the prescription in hand just now."""
    in_hand = Q(
        prescription__acceptances__ended_at__isnull=True,
        prescription__acceptances__pharmacy_id=F("pharmacy_id"),
        prescription__status="accepted",
    )
    rows = Reservation.objects.filter(ended_at__isnull=True, until__lte=now).exclude(in_hand)
    return list(rows.values_list("id", flat=True))


def inquiries_over(now: datetime) -> list[UUID]:
    """Return questions whose time is over."""
    return list(Inquiry.objects.filter(ended_at__isnull=True, closes_at__lte=now).values_list("id", flat=True))
