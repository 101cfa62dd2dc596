"""Rule sets: read a list, look at what was read, put it in force or throw it away, say when it ends."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from prescriptions import access, queries, rule_files
from prescriptions.errors import RuleFileUnreadable, RulesGiven, RulesInForce, RulesOverlap, RulesUnknownTime
from prescriptions.models import RulePair, RuleSet

NATIONAL = "QĐ 5948/QĐ-BYT"


@dataclass(frozen=True)
class Imported:
    """What became of a file: the rule set, and the report."""

    rule_set: RuleSet
    read: rule_files.ReadFile


def look_at_rules(*, content: bytes, by: Actor) -> rule_files.ReadFile:
    """Read a file and say what is in it. Writes nothing. Raises WrongRole, RuleFileUnreadable."""
    access.require_operator(by)
    try:
        return rule_files.read(content, queries.known_ingredients())
    except rule_files.UnreadableFile as error:
        raise RuleFileUnreadable(str(error), fields={"file": [str(error)]}) from error


@transaction.atomic
def import_rules(
    *,
    content: bytes,
    file_name: str,
    version: str,
    source: str,
    valid_from: date,
    valid_to: date | None = None,
    by: Actor,
    now: datetime,
) -> Imported:
    """Read a file into a rule set that counts for nothing until somebody confirms it.

    The same file under the same version again returns what is there. Raises WrongRole, RuleFileUnreadable,
    RulesUnknownTime, RulesGiven (the version is another file's).
    """
    read = look_at_rules(content=content, by=by)
    if valid_to is not None and valid_to < valid_from:
        raise RulesUnknownTime(fields={"valid_to": [RulesUnknownTime.message]})
    there = RuleSet.objects.select_for_update().filter(kind=RuleSet.Kind.PAIRS, version=version).first()
    if there is not None:
        if (there.checksum, there.source, there.valid_from) == (read.checksum, source, valid_from):
            return Imported(there, read)
        raise RulesGiven(fields={"version": [RulesGiven.message]})
    try:
        with transaction.atomic():
            made = RuleSet.objects.create(
                version=version,
                source=source,
                valid_from=valid_from,
                valid_to=valid_to,
                checksum=read.checksum,
                file_name=file_name[:200],
                report=[asdict(one) for one in read.remarks],
                imported_at=now,
                imported_by=by.user_id,
            )
    except IntegrityError as error:  # somebody else was quicker
        raise RulesGiven(fields={"version": [RulesGiven.message]}) from error
    RulePair.objects.bulk_create(_pair(made, row) for row in read.pairs)
    audit.record(by, "prescription.rules_import", made, detail={"version": version, "pairs": len(read.pairs)})
    return Imported(made, read)


def _pair(rule_set: RuleSet, row: rule_files.PairRow) -> RulePair:
    return RulePair(
        rule_set=rule_set,
        number=row.number,
        name_a=row.name_a,
        name_b=row.name_b,
        keys_a=sorted(row.a.keys),
        keys_b=sorted(row.b.keys),
        atc_a=list(row.a.atc),
        atc_b=list(row.b.atc),
        mechanism=row.mechanism,
        consequence=row.consequence,
        handling=row.handling,
    )


@transaction.atomic
def confirm_rules(*, rule_set_id: UUID, by: Actor, now: datetime) -> RuleSet:
    """Put a rule set in force for visits of its days; an open version of the same list before it ends the day before.

    Again changes nothing. Raises WrongRole, NotFound, RulesOverlap.
    """
    found = access.lock_rule_set(by, rule_set_id)
    if found.in_force_at:
        return found
    day_before = found.valid_from - timedelta(days=1)
    others = RuleSet.objects.filter(source=found.source, in_force_at__isnull=False, valid_to__isnull=True)
    others.filter(valid_from__lte=day_before).update(valid_to=day_before)
    found.in_force_at = now
    try:
        with transaction.atomic():
            found.save(update_fields=["in_force_at"])
    except IntegrityError as error:
        raise RulesOverlap() from error
    audit.record(by, "prescription.rules_confirm", found, detail={"version": found.version})
    return found


@transaction.atomic
def discard_rules(*, rule_set_id: UUID, by: Actor) -> None:
    """Throw a rule set away that never counted. Raises WrongRole, NotFound, RulesInForce."""
    found = access.lock_rule_set(by, rule_set_id)
    if found.in_force_at:
        raise RulesInForce()
    audit.record(by, "prescription.rules_discard", found, detail={"version": found.version})
    found.delete()


@transaction.atomic
def end_rules(*, rule_set_id: UUID, last_day: date, by: Actor) -> RuleSet:
    """Say on which day a rule set holds last; visits up to then keep it. Raises WrongRole, NotFound, RulesUnknownTime, RulesOverlap."""
    found = access.lock_rule_set(by, rule_set_id)
    if last_day < found.valid_from:
        raise RulesUnknownTime(fields={"valid_to": [RulesUnknownTime.message]})
    if found.valid_to == last_day:
        return found
    found.valid_to = last_day
    try:
        with transaction.atomic():
            found.save(update_fields=["valid_to"])
    except IntegrityError as error:
        raise RulesOverlap() from error
    audit.record(by, "prescription.rules_end", found, detail={"version": found.version, "on": last_day.isoformat()})
    return found
