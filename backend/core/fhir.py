"""FHIR R4 (4.0.1) for every app: checked resources, bundles, refusals as OperationOutcome, identifier systems."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from core.errors import DomainError, Invalid, column_of

MEDIA_TYPE = "application/fhir+json"
VERSION = "4.0.1"
Resource = dict[str, Any]

ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
UCUM = "http://unitsofmeasure.org"


class WrongParameter(Invalid):
    """A search parameter that means nothing here."""

    code = "wrong_parameter"
    message = gettext_lazy("This search parameter cannot be used here.")


def validated(resource: Resource) -> Resource:
    """Return the resource without its empty parts, after the model of R4B has read it.

    R4B differs from R4 in types we do not send; the ones we do are the same. Raises pydantic's ValidationError: what we
    produce is wrong, a bug of ours and not of the caller.
    """
    clean: Resource = _without_empty(resource)
    checked = get_fhir_model_class(clean["resourceType"]).model_validate(clean)
    answer: Resource = json.loads(checked.model_dump_json())
    return answer


def read(kind: str, body: Any) -> Resource:
    """Read a resource somebody sent, with the model of R4B. Raises Invalid, naming the elements that are wrong."""
    if not isinstance(body, dict) or body.get("resourceType") != kind:
        raise Invalid(fields={"resourceType": [kind]})
    try:
        get_fhir_model_class(kind).model_validate(body)
    except ValidationError as error:
        fields: dict[str, list[Any]] = {}
        for one in error.errors()[:20]:
            where = ".".join([kind, *(str(part) for part in one["loc"])])
            fields.setdefault(where, []).append(one["msg"])
        raise Invalid(fields=fields) from error
    return body


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [inner for inner in (_without_empty(one) for one in value) if inner not in (None, "", [], {})]
    return value


def instant(at: datetime | None) -> str | None:
    """An instant as FHIR writes it: UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def system(name: str) -> str:
    """The identifier system of settings.FHIR_SYSTEMS; the Vietnamese drafts disagree, so each is a setting."""
    return str(settings.FHIR_SYSTEMS[name])


def identifier(name: str, value: str | None) -> Resource | None:
    """An identifier in one of our systems, or None when there is no value."""
    return {"system": system(name), "value": value} if value else None


def reference(kind: str, id: UUID | str, display: str = "") -> Resource:
    """A reference to a resource of this server."""
    return {"reference": f"{kind}/{id}", "display": display}


def coded(coding_system: str, code: str, display: str = "", text: str = "") -> Resource:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": coding_system, "code": code, "display": display}], "text": text or display}


def operation_outcome(error: DomainError) -> Resource:
    """A refusal in FHIR's words; the code is the FHIR column of the table in core.errors."""
    issues = [
        {"severity": "error", "code": column_of(error).fhir, "diagnostics": str(error.detail)},
        *(
            {"severity": "error", "code": column_of(error).fhir, "diagnostics": str(word), "expression": [name]}
            for name, words in error.fields.items()
            for word in words
        ),
    ]
    return validated({"resourceType": "OperationOutcome", "issue": issues})


def searchset(resources: Iterable[Resource], *, own_address: str, base: str) -> Resource:
    """A Bundle with what a search found. `base` is the address of the FHIR service, without a slash at the end."""
    found = list(resources)
    return validated(
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(found),
            "link": [{"relation": "self", "url": own_address}],
            "entry": [
                {
                    "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
                    "resource": one,
                    "search": {"mode": "match"},
                }
                for one in found
            ],
        }
    )


class Params(dict[str, str]):
    """What a search asks; a parameter said twice (`start=ge…&start=lt…`) has its last value here, and all in `every`."""

    every: dict[str, list[str]]

    def __init__(self, every: dict[str, list[str]]) -> None:
        self.every = {name: [value for value in values if value] for name, values in every.items()}
        super().__init__({name: values[-1] for name, values in self.every.items() if values})


def values_of(params: dict[str, str], name: str) -> list[str]:
    """Return every value a parameter was given."""
    if isinstance(params, Params):
        return params.every.get(name, [])
    return [params[name]] if name in params else []


def patient_in(params: dict[str, str]) -> UUID | None:
    """Return the person a search is about (`patient=<id>` or `patient=Patient/<id>`), None when it does not say.

    Raises WrongParameter when it is no id of ours.
    """
    text = params.get("patient") or params.get("subject") or ""
    if not text:
        return None
    return id_in(text.removeprefix("Patient/"), "patient")


def id_in(text: str, name: str) -> UUID:
    """Return the id a parameter carries. Raises WrongParameter."""
    try:
        return UUID(text)
    except ValueError as error:
        raise WrongParameter(fields={name: [_("This is not an id.")]}) from error
