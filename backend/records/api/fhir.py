"""The FHIR R4 door: metadata, read and search for the types of settings.FHIR_TYPES."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core import errors, fhir
from core.actor import Actor
from core.api import ANYONE, ApiView
from core.rest import problems
from core.rest.parsing import StrictJSONParser
from records import access

READERS = frozenset({"citizen", "practitioner", "hospital"})
WRITERS = frozenset({"hospital"})
TAG = ["FHIR R4"]
MOST = 100
REFUSED = {status: OpenApiTypes.OBJECT for status in (401, 403, 404, 406, 422, 429, 503)}
# What the types of this app can be searched by, besides _id and patient; others say it themselves (`parameters`).
PARAMETERS = {"Patient": {"identifier": "token", "name": "string"}}


class OutOfScope(errors.NotAllowed):
    """A system asks for what it was not let in for."""

    code = "insufficient_scope"
    message = gettext_lazy("This system was not given the right to do that.")


class FhirRenderer(JSONRenderer):
    """application/fhir+json."""

    media_type = fhir.MEDIA_TYPE
    format = "fhir"


class FhirParser(StrictJSONParser):
    media_type = fhir.MEDIA_TYPE


class PatchParser(StrictJSONParser):
    media_type = "application/json-patch+json"


class PlainRenderer(JSONRenderer):
    """The same under the plain name, for callers that ask for application/json."""


def _handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal as OperationOutcome, with the status and headers the rest of the API uses."""
    response = problems.handle(exc, context)
    if response is None:
        return None
    error = exc if isinstance(exc, errors.DomainError) else _named(response)
    outcome = fhir.operation_outcome(error)
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-type"}
    return Response(outcome, status=response.status_code, headers=headers, content_type=fhir.MEDIA_TYPE)


def _named(response: Response) -> errors.DomainError:
    # What DRF raised itself (401, 405, 406, 429): the row of the table with that status says its FHIR code.
    kinds = {column.http: kind for kind, column in errors.TABLE}
    return kinds.get(response.status_code, errors.Invalid)(response.data["detail"])


class FhirView(ApiView):
    """A door that speaks FHIR also when it refuses."""

    access = READERS
    renderer_classes = [FhirRenderer, PlainRenderer]
    parser_classes = [FhirParser, PatchParser, StrictJSONParser]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return _handle

    def answer(self, resource: fhir.Resource) -> Response:
        """Answer a resource that R4B has read."""
        return Response(fhir.validated(resource), content_type=fhir.MEDIA_TYPE)

    def writer(self, type_name: str) -> Any:
        """Find who writes this type. Raises WrongRole for people, NotFound, OutOfScope."""
        if self.actor.role not in WRITERS:
            raise errors.WrongRole()
        return _type_named(type_name, self.actor, settings.FHIR_WRITERS, "write")

    def base(self) -> str:
        """The address of the FHIR service."""
        return f"{settings.PUBLIC_URL}/fhir/R4"


def _type_named(name: str, by: Actor, kinds: dict[str, str], right: str = "read") -> Any:
    """Find the class behind a type. Raises NotFound, OutOfScope for a hospital's system without this right."""
    path = kinds.get(name)
    if path is None:
        raise errors.NotFound()
    if by.role == "hospital" and f"system/{name}.{right}" not in by.scopes:
        raise OutOfScope()
    return import_string(path)()


def _id_for(kind: Any, text: str) -> UUID | str:
    """Read an id. Raises NotFound."""
    if getattr(kind, "ids_are_text", False):
        return text
    try:
        return UUID(text)
    except ValueError as error:
        raise errors.NotFound() from error


class Metadata(FhirView):
    """What this server can do."""

    access = ANYONE

    @extend_schema(responses={200: OpenApiTypes.OBJECT, **REFUSED}, summary="CapabilityStatement", tags=TAG)
    def get(self, request: Request) -> Response:
        return self.answer(
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "date": "2026-11-23",
                "kind": "instance",
                "software": {"name": "Lành"},
                "implementation": {"description": "Lành", "url": self.base()},
                "fhirVersion": fhir.VERSION,
                "format": [fhir.MEDIA_TYPE],
                "rest": [
                    {
                        "mode": "server",
                        "security": {
                            "cors": False,
                            "service": [
                                fhir.coded(
                                    "http://terminology.hl7.org/CodeSystem/restful-security-service", "SMART-on-FHIR"
                                )
                            ],
                            "description": "Bearer token of this API; hospital systems: OAuth 2.0 client credentials",
                        },
                        "resource": [_ability(name) for name in sorted(settings.FHIR_TYPES)],
                    }
                ],
            }
        )


def _ability(name: str) -> fhir.Resource:
    own = getattr(import_string(settings.FHIR_TYPES[name]), "parameters", None)
    named = PARAMETERS.get(name) or own or {"patient": "reference"}
    writes = name in settings.FHIR_WRITERS
    codes = ["read", "search-type", *(["create", "update", "patch"] if writes else [])]
    return {
        "type": name,
        "interaction": [{"code": code} for code in codes],
        "versioning": "no-version",
        "searchParam": [{"name": one, "type": kind} for one, kind in {"_id": "token", **named}.items()],
        **({"conditionalCreate": True, "updateCreate": False} if writes else {}),
    }


class One(FhirView):
    """One resource."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT, **REFUSED}, summary="Read a resource", tags=TAG)
    def get(self, request: Request, type_name: str, resource_id: str) -> Response:
        kind = _type_named(type_name, self.actor, settings.FHIR_TYPES)
        return self.answer(kind.read(self.actor, _id_for(kind, resource_id), self.now))

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT, **REFUSED, 409: OpenApiTypes.OBJECT},
        summary="Update a resource (hospital systems: cancel an Appointment)",
        tags=TAG,
    )
    def put(self, request: Request, type_name: str, resource_id: str) -> Response:
        writer = self.writer(type_name)
        body = fhir.read(type_name, request.data)
        return self.answer(writer.update(self.actor, _id_for(writer, resource_id), body, self.now))

    @extend_schema(
        request={"application/json-patch+json": OpenApiTypes.OBJECT},
        responses={200: OpenApiTypes.OBJECT, **REFUSED, 409: OpenApiTypes.OBJECT},
        summary="Change a resource by JSON Patch (hospital systems: cancel an Appointment)",
        tags=TAG,
    )
    def patch(self, request: Request, type_name: str, resource_id: str) -> Response:
        writer = self.writer(type_name)
        if not isinstance(request.data, list):
            raise errors.Invalid(fields={"body": [_("A JSON Patch is a list of steps.")]})
        return self.answer(writer.patch(self.actor, _id_for(writer, resource_id), request.data, self.now))


class Search(FhirView):
    """A search; it finds only what the actor may read, at most 100 resources of a type."""

    @extend_schema(
        parameters=[
            OpenApiParameter("patient", str, description="A person's id, or Patient/<id>."),
            OpenApiParameter("_id", str),
            OpenApiParameter("_count", int, description="At most this many (100 at most)."),
        ],
        responses={200: OpenApiTypes.OBJECT, **REFUSED},
        summary="Search",
        tags=TAG,
    )
    def get(self, request: Request, type_name: str) -> Response:
        kind = _type_named(type_name, self.actor, settings.FHIR_TYPES)
        params = fhir.Params({name: [str(one) for one in values] for name, values in request.query_params.lists()})
        if any("\x00" in value for values in params.every.values() for value in values):
            raise fhir.WrongParameter()  # no text of ours holds this, and the database will not even compare it
        count = _count_in(params, getattr(kind, "most", MOST))
        if "_id" in params:
            text = getattr(kind, "ids_are_text", False)
            wanted = params["_id"] if text else str(fhir.id_in(params["_id"], "_id"))
        found = kind.search(self.actor, params, self.now)
        if "_id" in params:
            found = [one for one in found if one["id"] == wanted]
        for person_id in _people_in(found):
            access.note_record_read(self.actor, person_id)
        own = f"{self.base()}/{type_name}"
        query = request.META.get("QUERY_STRING", "")
        bundle = fhir.searchset(found[:count], own_address=f"{own}?{query}" if query else own, base=self.base())
        return Response(bundle, content_type=fhir.MEDIA_TYPE)

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        parameters=[OpenApiParameter("If-None-Exist", str, OpenApiParameter.HEADER, required=False)],
        responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT, **REFUSED, 409: OpenApiTypes.OBJECT},
        summary="Create a resource (hospital systems: book an Appointment)",
        tags=TAG,
    )
    def post(self, request: Request, type_name: str) -> Response:
        writer = self.writer(type_name)
        body = fhir.read(type_name, request.data)
        made, fresh = writer.create(self.actor, body, request.headers.get("If-None-Exist", ""), self.now)
        response = self.answer(made)
        response.status_code = 201 if fresh else 200
        response["Location"] = f"{self.base()}/{type_name}/{made['id']}"
        return response


def _people_in(resources: list[fhir.Resource]) -> set[UUID]:
    """Whose data these resources are, whichever app made them."""
    owners = [one.get("subject") or one.get("patient") or {} for one in resources]
    owners += [part.get("actor") or {} for one in resources for part in one.get("participant", [])]
    refs = [str(owner.get("reference", "")) for owner in owners]
    return {UUID(text.removeprefix("Patient/")) for text in refs if text.startswith("Patient/")}


def _count_in(params: dict[str, str], most: int) -> int:
    text = params.get("_count", str(most))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise fhir.WrongParameter(fields={"_count": [_("A whole number is expected.")]})
    return min(int(text), most)
