"""The FHIR R4 door: metadata, read and search for the types of settings.FHIR_TYPES."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core import errors, fhir
from core.api import ANYONE, ApiView
from core.rest import problems
from records import access

READERS = frozenset({"citizen", "practitioner"})
TAG = ["FHIR R4"]
MOST = 100
REFUSED = {status: OpenApiTypes.OBJECT for status in (401, 403, 404, 406, 422, 429, 503)}
# What each type can be searched by, besides _id.
PARAMETERS = {"Patient": ["identifier", "name"]}


class FhirRenderer(JSONRenderer):
    """application/fhir+json."""

    media_type = fhir.MEDIA_TYPE
    format = "fhir"


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

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return _handle

    def answer(self, resource: fhir.Resource) -> Response:
        """Answer a resource that R4B has read."""
        return Response(fhir.validated(resource), content_type=fhir.MEDIA_TYPE)

    def base(self) -> str:
        """The address of the FHIR service."""
        return f"{settings.PUBLIC_URL}/fhir/R4"


def _type_named(name: str) -> Any:
    path = settings.FHIR_TYPES.get(name)
    if path is None:
        raise errors.NotFound()
    return import_string(path)()


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
                        "security": {"cors": False, "description": "Bearer token of this API"},
                        "resource": [_ability(name) for name in sorted(settings.FHIR_TYPES)],
                    }
                ],
            }
        )


def _ability(name: str) -> fhir.Resource:
    params = [{"name": "_id", "type": "token"}]
    params += [{"name": one, "type": "string" if one == "name" else "token"} for one in PARAMETERS.get(name, [])]
    params += [] if name == "Patient" else [{"name": "patient", "type": "reference"}]
    return {
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": params,
    }


class One(FhirView):
    """One resource."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT, **REFUSED}, summary="Read a resource", tags=TAG)
    def get(self, request: Request, type_name: str, resource_id: str) -> Response:
        kind = _type_named(type_name)
        try:
            id = UUID(resource_id)
        except ValueError as error:
            raise errors.NotFound() from error
        return self.answer(kind.read(self.actor, id, self.now))


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
        kind = _type_named(type_name)
        params = {name: str(value) for name, value in request.query_params.items() if value}
        if any("\x00" in value for value in params.values()):
            raise fhir.WrongParameter()  # no text of ours holds this, and the database will not even compare it
        count = _count_in(params)
        if "_id" in params:
            wanted = str(fhir.id_in(params["_id"], "_id"))
        found = kind.search(self.actor, params, self.now)
        if "_id" in params:
            found = [one for one in found if one["id"] == wanted]
        for person_id in _people_in(found):
            access.note_record_read(self.actor, person_id)
        own = f"{self.base()}/{type_name}"
        query = request.META.get("QUERY_STRING", "")
        bundle = fhir.searchset(found[:count], own_address=f"{own}?{query}" if query else own, base=self.base())
        return Response(bundle, content_type=fhir.MEDIA_TYPE)


def _people_in(resources: list[fhir.Resource]) -> set[UUID]:
    """Whose data these resources are, whichever app made them."""
    owners = [one.get("subject") or one.get("patient") or {} for one in resources]
    owners += [part.get("actor") or {} for one in resources for part in one.get("participant", [])]
    refs = [str(owner.get("reference", "")) for owner in owners]
    return {UUID(text.removeprefix("Patient/")) for text in refs if text.startswith("Patient/")}


def _count_in(params: dict[str, str]) -> int:
    text = params.get("_count", str(MOST))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise fhir.WrongParameter(fields={"_count": [_("A whole number is expected.")]})
    return min(int(text), MOST)
