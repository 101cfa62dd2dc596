"""Twelve months of prescriptions, so that statistics are worth looking at: real rows, real signatures, laid down in bulk.

Not by the seed, which would take minutes: a process of its own, started when the site is up (`runtime.history`). A week is one
transaction, the latest first; what is there already is found by its ids, which the dice of that week give, so whoever is
stopped goes on at the next start. Everything passes the same constraints as a doctor's own, is signed with the doctor's own
key over the same content, and is counted by the same recounts. Nobody of these people has an account.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from audit.models import Line as AuditLine
from booking.holidays import is_holiday
from identity.models import Facility, Membership, Person, Practitioner
from identity.names import fold
from prescriptions import actions, codes, content, queries, sealing, signing, slips
from prescriptions.actions.keys import signer_of
from prescriptions.circular import Circular
from prescriptions.models import Acceptance, Dispense, Drug, Item, Override, Particulars, Prescription
from prescriptions.quantities import computed_total, expires_at
from records import icd
from records.models import Diagnosis, Encounter
from runtime.demo.illnesses import FAMILY, GIVEN, ILLNESSES, MIDDLE, RISKY, Illness
from runtime.demo.past_fates import Rows, Shops, id_at, line_of, what_became
from runtime.demo.seed import LIFETIME

WEEKS = 52
A_WEEK = 420  # prescriptions, in an ordinary week
PEOPLE = 260  # around each doctor
# How busy a doctor is beside a colleague, by what they do first.
BUSY = {
    "paediatrics": 1.8,
    "general": 1.7,
    "ent": 1.7,
    "cardiology": 1.3,
    "endocrinology": 1.1,
    "respiratory": 1.6,
    "psychiatry": 0.5,
    "neurology": 0.7,
    "traditional": 0.35,
    "ophthalmology": 0.8,
    "obstetrics": 0.9,
}
OF_THE_WEEK = (1.35, 1.1, 1.05, 1.05, 1.1, 0.75, 0.35)
# How often a doctor signs two medicines past a warning.
PAST_WARNINGS = {"A09.9": 0.35, "J20.9": 0.08, "J02.9": 0.03}
HOURS = ((7.5, 11.5), (13.25, 16.75))


@dataclass
class Stage:
    """Who prescribes where for whom, with what; read once."""

    anchor: datetime  # when the demo was made: the year ends the day before
    doctors: list[tuple[Practitioner, Facility, frozenset[str], float]]
    people: dict[UUID, list[Person]]
    drugs: dict[str, Drug]
    shops: Shops
    signers: dict[tuple[UUID, UUID, datetime], Any] = field(default_factory=dict)
    warnings: dict[tuple[str, ...], list[Override]] = field(default_factory=dict)


def is_lived() -> bool:
    """Say whether the year is there, its first week included: it is the last one to be made."""
    made = Facility.objects.order_by("created_at").values_list("created_at", flat=True).first()
    if made is None:
        return True  # no demo here
    first_week = made + LIFETIME - timedelta(weeks=WEEKS - 1)
    return Prescription.objects.filter(signed_at__lt=first_week).exists()


def live(tell: Callable[[str], None]) -> int:
    """Make what is missing of the year, week by week; return how many prescriptions were laid down."""
    stage = _stage()
    if stage is None:
        return 0
    made = 0
    for week in range(WEEKS):
        made += _live_a_week(stage, week)
        actions.count_all_changes()
        tell(f"{week + 1} of {WEEKS} weeks, {made} prescriptions")
    return made


def _stage() -> Stage | None:
    first = Facility.objects.order_by("created_at").first()
    if first is None:
        return None
    doctors, people = [], {}
    places = Membership.objects.filter(role="practitioner", practitioner__profession="doctor", facility__isnull=False)
    rows = places.select_related("practitioner__user", "facility__province").order_by("practitioner__licence_number")
    for member in rows:
        doctor, facility = member.practitioner, member.facility
        assert doctor is not None and facility is not None
        fields = frozenset(doctor.specialties.values_list("code", flat=True))
        lean = Random(doctor.licence_number).uniform(0.7, 1.5)  # how soon a doctor takes to antibiotics
        doctors.append((doctor, facility, fields, lean))
        people[doctor.id] = _people(doctor, facility, "paediatrics" in fields, first.created_at)
    shops: Shops = {}
    for member in (
        Membership.objects.filter(role="pharmacist").select_related("facility", "user").order_by("created_at")
    ):
        assert member.facility is not None
        shops.setdefault(member.facility.province_id, []).append((member.facility, member))
    drugs = {drug.code: drug for drug in Drug.objects.filter(active=True)}
    return Stage(first.created_at + LIFETIME, doctors, people, drugs, shops)


def _people(doctor: Practitioner, facility: Facility, children: bool, since: datetime) -> list[Person]:
    """Make the people around a doctor, the same ones each time."""
    dice = Random(f"people of {doctor.licence_number}")
    found = []
    for _number in range(PEOPLE):
        sex = dice.choice(("female", "female", "male"))
        name = f"{dice.choice(FAMILY)} {dice.choice(MIDDLE[sex])} {dice.choice(GIVEN[sex])}"
        age = dice.uniform(1, 13) if children else min(max(dice.gauss(47, 19), 11), 90)
        born = since.date() - timedelta(days=int(age * 365.25))
        found.append(
            Person(
                id=id_at(dice, since), created_at=since, full_name=name, sort_name=fold(name), sex=sex, born_on=born,
                province=facility.province, commune=facility.commune, address=f"{dice.randint(1, 240)} tổ {dice.randint(1, 12)}",
                guardian_name=f"{dice.choice(FAMILY)} {dice.choice(MIDDLE['female'])} {dice.choice(GIVEN['female'])}" if age < 6 else "",
            )
        )  # fmt: skip
    Person.objects.bulk_create(found, ignore_conflicts=True)
    return found


@transaction.atomic
def _live_a_week(stage: Stage, week: int) -> int:
    last = stage.anchor.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date() - timedelta(days=1 + 7 * week)
    dice, rows = Random(f"week {week} before {last}"), Rows()
    for doctor, facility, fields, lean, day in _days(stage, last):
        known = [one for one in ILLNESSES if one.fields & fields]
        busy = max(BUSY.get(field, 1.0) for field in fields) * OF_THE_WEEK[day.weekday()]
        busy *= 0.25 if is_holiday(day) else 1.0
        mean = A_WEEK / 7 / len(stage.doctors) * busy * _grown(week)
        for _visit in range(_how_many(dice, mean)):
            _visit_once(stage, dice, rows, doctor, facility, known, lean, day)
            if len(rows.prescriptions) == 1 and Encounter.objects.filter(id=rows.encounters[0].id).exists():
                return 0  # this week is there
    for model, made in (
        (Encounter, rows.encounters), (Diagnosis, rows.diagnoses), (Prescription, rows.prescriptions), (Item, rows.items),
        (Particulars, rows.particulars),
        (Override, rows.overrides), (Acceptance, rows.acceptances), (Dispense, rows.dispenses), (AuditLine, rows.lines),
    ):  # fmt: skip
        model.objects.bulk_create(made, batch_size=1000)  # type: ignore[attr-defined,arg-type]
    return len(rows.prescriptions)


def _days(stage: Stage, last: date) -> Iterator[tuple[Practitioner, Facility, frozenset[str], float, date]]:
    for back in range(6, -1, -1):
        for doctor, facility, fields, lean in stage.doctors:
            yield doctor, facility, fields, lean, last - timedelta(days=back)


def _grown(week: int) -> float:
    """The house is used a little more each month."""
    return 1.12 - 0.24 * week / WEEKS


def _how_many(dice: Random, mean: float) -> int:
    """Knuth's way to a Poisson number."""
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count


def _visit_once(
    stage: Stage, dice: Random, rows: Rows, doctor: Practitioner, facility: Facility, known: list[Illness], lean: float, day: date
) -> None:  # fmt: skip
    person = dice.choice(stage.people[doctor.id])
    age = (day - person.born_on).days / 365.25 if person.born_on else 40
    fitting = [one for one in known if one.ages[0] <= age <= one.ages[1] and one.sex in ("", person.sex)]
    if not fitting:
        return
    weights = [one.weight * one.season[day.month - 1] * (0.5 if one.is_lasting else 1.5) for one in fitting]
    illness = dice.choices(fitting, weights)[0]
    begin, end = dice.choices(HOURS, (6, 4))[0]
    signed_at = datetime.combine(day, time(0), ZoneInfo(facility.zone)) + timedelta(hours=dice.uniform(begin, end))
    signed_at = signed_at.replace(microsecond=0)
    is_remote = facility.kind != "station" and dice.random() < 0.14
    encounter = Encounter(
        id=id_at(dice, signed_at), created_at=signed_at - timedelta(minutes=20), person=person, practitioner=doctor,
        facility=facility, mode="video" if is_remote else "in_person", form="direct_to_patient" if is_remote else "",
        listed_code=illness.code if is_remote else "", status="finished", planned_from=signed_at - timedelta(minutes=12),
        planned_to=signed_at + timedelta(minutes=8), started_at=signed_at - timedelta(minutes=12),
        finished_at=signed_at + timedelta(minutes=2),
    )  # fmt: skip
    rows.encounters.append(encounter)
    diagnoses = [illness.code, *([illness.beside] if illness.beside and dice.random() < 0.35 else [])]
    found = [
        Diagnosis(id=id_at(dice, signed_at), created_at=signed_at, encounter=encounter, code=code, name=_title(code), rank=rank)
        for rank, code in enumerate(diagnoses, start=1)
    ]  # fmt: skip
    rows.diagnoses += found
    prescription = _sign(stage, dice, rows, encounter, found, _drugs(stage, dice, illness, lean, age, day), signed_at)
    what_became(stage.shops, stage.anchor, dice, rows, prescription, illness, is_remote)


def _title(code: str) -> str:
    title = icd.find(code)
    return (title.name_vi or title.name_en) if title else code


def _drugs(stage: Stage, dice: Random, illness: Illness, lean: float, age: float, day: date) -> tuple[str, ...]:
    """Choose a way to treat. A doctor leans to antibiotics or away from them; over the year all of them a little less."""
    if age >= 18 and dice.random() < PAST_WARNINGS.get(illness.code, 0.0):
        return RISKY
    lean *= 2.9 - 0.6 * (1 - (stage.anchor.date() - day).days / 365)
    weights = [
        way.weight * (lean if any(stage.drugs[one.split()[0]].atc.startswith("J01") for one in way.drugs) else 1.0)
        for way in illness.ways
    ]
    way = dice.choices(illness.ways, weights)[0]
    kept = []
    for number, one in enumerate(way.drugs):
        parts = one.split()
        if number == 0 or len(parts) == 2 or dice.random() * 100 < float(parts[2]):
            kept.append(f"{parts[0]} {parts[1]}")
    return tuple(dict.fromkeys(kept))


def _sign(
    stage: Stage, dice: Random, rows: Rows, encounter: Encounter, diagnoses: list[Diagnosis], drugs: tuple[str, ...], at: datetime
) -> Prescription:  # fmt: skip
    facility, doctor = encounter.facility, encounter.practitioner
    prescription = Prescription(
        id=id_at(dice, at), created_at=at - timedelta(minutes=3), encounter=encounter, person=encounter.person,
        practitioner=doctor, facility=facility, kind="c", status="signed", signed_at=at,
        code=codes.new_code(facility.code, "c"),
    )  # fmt: skip
    prescription.code_key = codes.same_key(prescription.code or "")
    prescription.sealed_access_code = sealing.seal(
        codes.new_access_code().encode(), purpose="access-code", owner=str(prescription.id)
    )
    rules = queries.circular_of(prescription, at)
    days = settings.PRESCRIPTION_VALID_DAYS or rules["collect_days"]
    prescription.expires_at = expires_at(at, days, facility.zone)
    items = [_item(stage, dice, prescription, rank, one, at) for rank, one in enumerate(drugs, start=1)]
    prescription.taken_until = (at + timedelta(days=max(item.days for item in items))).date()
    overrides = _overrides(stage, dice, prescription, items, drugs, at)
    particulars = _particulars(dice, prescription, diagnoses, rules, at)
    prescription.content = content.build(prescription, items, diagnoses, overrides, particulars, rules)
    signer = _signer(stage, doctor, facility, at)
    prescription.signature, prescription.slip = signer.tokens(
        [(signer.header(), signing.canonical(prescription.content)), slips.part(signer, prescription.content)]
    )
    rows.prescriptions.append(prescription)
    rows.particulars.append(particulars)
    rows.items += items
    rows.overrides += overrides
    detail = {"licence": doctor.licence_number, "overrides": len(overrides)}
    rows.lines.append(
        line_of(dice, at, prescription, "prescription.sign", detail, role="practitioner", user_id=doctor.user_id,
              name=doctor.display_name, facility_id=facility.id)
    )  # fmt: skip
    return prescription


def _signer(stage: Stage, doctor: Practitioner, facility: Facility, at: datetime) -> Any:
    """The doctor's own, with a certificate that held then: a certificate holds a year, so half a year each is on the safe side."""
    begins = next(one for one in (stage.anchor - timedelta(days=back) for back in (190, 380)) if one <= at)
    key = (doctor.id, facility.id, begins)
    if key not in stage.signers:
        stage.signers[key] = signer_of(doctor, facility, begins)
    return stage.signers[key]


def _particulars(
    dice: Random, prescription: Prescription, diagnoses: list[Diagnosis], rules: Circular, at: datetime
) -> Particulars:
    person, day = prescription.person, at.date()
    found = Particulars(
        id=id_at(dice, at), created_at=at, prescription=prescription, residence=queries.residence_of(person),
        conclusion=diagnoses[0].name, rules_version=rules.version,
    )  # fmt: skip
    months = queries.age_in_months(person, day)
    if months is not None and months < rules["child_months"]:
        found.weight_kg = Decimal(round(dice.gauss(8 + months / 6, 1), 1)).quantize(Decimal("0.1"))
        found.weight_on, found.companion = day, person.guardian_name
    return found


def _item(stage: Stage, dice: Random, prescription: Prescription, rank: int, text: str, at: datetime) -> Item:
    code, measure = text.split()[:2]
    dose, times, days = measure.split("×")
    drug = stage.drugs[code]
    item = Item(
        id=id_at(dice, at),
        created_at=at,
        prescription=prescription,
        rank=rank,
        drug=drug,
        doses_a_day=int(times),
        days=int(days),
    )
    item.dose_quantity = Item._meta.get_field("dose_quantity").to_python(dose)
    item.total = computed_total(item.dose_quantity, item.doses_a_day, item.days, drug.pack_size) or 1
    return item


def _overrides(
    stage: Stage, dice: Random, prescription: Prescription, items: list[Item], drugs: tuple[str, ...], at: datetime
) -> list[Override]:
    """Sign past what the real check finds; asked once for each set of drugs, since nobody here has an allergy."""
    if drugs != RISKY:
        return []
    if drugs not in stage.warnings:
        checked = queries.check_items(prescription, items, at)
        stage.warnings[drugs] = [
            Override(
                finding=one.key, finding_kind=one.kind, rule=one.rule[:120], names=list(one.names),
                rules_version=(one.rules or checked.rules_version)[:200], note=one.grade,
            )
            for one in checked.blocking
        ]  # fmt: skip
    kept = stage.warnings[drugs]
    prescription.found_at_signing = [{"finding": one.finding, "grade": one.note} for one in kept]
    reason = dice.choice(("benefit_outweighs_risk", "tolerated_before", "will_be_monitored"))
    return [
        Override(
            id=id_at(dice, at), created_at=at, prescription=prescription, finding=one.finding, finding_kind=one.finding_kind,
            rule=one.rule, names=one.names, rules_version=one.rules_version, reason=reason,
        )
        for one in kept
    ]  # fmt: skip
