"""The public directory: anybody may look for a doctor, a place, a price."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ANYONE, ApiView, MoneyField, Page, page_of
from core.errors import NotFound
from identity import queries
from identity.models import Facility, VisitType

MODES = VisitType.MODES
TAG = ["directory"]


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9.]+,-?[0-9.]+$", "example": "21.0285,105.8542"})
class Position(serializers.Field[tuple[float, float], Any, Any, Any]):
    """ "21.0285,105.8542": latitude and longitude in degrees."""

    default_error_messages = {"invalid": _("Give latitude and longitude, for example 21.0285,105.8542.")}

    def to_internal_value(self, data: Any) -> tuple[float, float]:
        try:
            latitude, longitude = (float(part) for part in str(data).split(","))
        except ValueError:
            self.fail("invalid")
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            self.fail("invalid")
        return latitude, longitude

    def to_representation(self, value: tuple[float, float]) -> str:
        return f"{value[0]},{value[1]}"


class PageQuery(serializers.Serializer[Any]):
    cursor = serializers.CharField(required=False, max_length=500)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100)


class ProvinceOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    is_city = serializers.BooleanField()


class SpecialtyOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    icon = serializers.CharField()


class FacilityOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Facility.Kind.choices)
    code = serializers.CharField()
    name = serializers.CharField()
    province = ProvinceOut()
    commune = serializers.CharField()
    address = serializers.CharField()
    full_address = serializers.CharField()
    phone = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    zone = serializers.CharField()
    opening_hours = serializers.JSONField()
    distance_m = serializers.IntegerField(required=False, default=None, allow_null=True)


class PlaceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    province = serializers.CharField(source="province.name")


class PractitionerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    display_name = serializers.CharField()
    full_name = serializers.CharField()
    title = serializers.CharField()
    profession = serializers.CharField()
    sex = serializers.CharField()
    specialties = SpecialtyOut(many=True)
    facilities = serializers.SerializerMethodField()
    languages = serializers.ListField(child=serializers.CharField())
    bio = serializers.CharField()
    licence_number = serializers.CharField()
    distance_m = serializers.IntegerField(required=False, default=None, allow_null=True)

    def get_facilities(self, practitioner: Any) -> list[dict[str, Any]]:
        rows = [row for row in practitioner.memberships.all() if row.role == "practitioner" and row.facility]
        return [dict(PlaceOut(row.facility).data) for row in rows]


class VisitTypeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    facility = serializers.UUIDField(source="facility_id")
    facility_name = serializers.CharField(source="facility.name")
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    price = MoneyField()
    modes = serializers.ListField(child=serializers.ChoiceField(MODES))
    specialty = serializers.CharField(source="specialty_id", allow_null=True)


class ProvincePage(Page):
    results = ProvinceOut(many=True)


class SpecialtyPage(Page):
    results = SpecialtyOut(many=True)


class FacilityPage(Page):
    results = FacilityOut(many=True)


class PractitionerPage(Page):
    results = PractitionerOut(many=True)


class VisitTypePage(Page):
    results = VisitTypeOut(many=True)


class FacilityQuery(PageQuery):
    q = serializers.CharField(required=False, allow_blank=True, max_length=80)
    kind = serializers.ChoiceField(Facility.Kind.choices, required=False)
    province = serializers.RegexField(r"^[0-9]{2}$", required=False)
    specialty = serializers.SlugField(required=False)
    near = Position(required=False)


class PractitionerQuery(PageQuery):
    q = serializers.CharField(required=False, allow_blank=True, max_length=80)
    specialty = serializers.SlugField(required=False)
    province = serializers.RegexField(r"^[0-9]{2}$", required=False)
    facility = serializers.UUIDField(required=False)
    mode = serializers.ChoiceField(MODES, required=False)
    near = Position(required=False)


class VisitTypeQuery(PageQuery):
    facility = serializers.UUIDField(required=False)
    practitioner = serializers.UUIDField(required=False)
    mode = serializers.ChoiceField(MODES, required=False)
    specialty = serializers.SlugField(required=False)


class DirectoryView(ApiView):
    access = ANYONE

    def filters(self, query: type[serializers.Serializer[Any]]) -> tuple[dict[str, Any], tuple[float, float] | None]:
        """The checked filters without paging, and where the asker is."""
        values = {name: value for name, value in self.clean_query(query).items() if name not in {"cursor", "limit"}}
        near = values.pop("near", None)
        return values, near

    def one(self, found: QuerySet[Any], **wanted: Any) -> Any:
        row = found.filter(**wanted).first()
        if row is None:
            raise NotFound()
        return row


class Provinces(DirectoryView):
    @extend_schema(summary="The 34 provinces", tags=TAG, parameters=[PageQuery], responses={200: ProvincePage})
    def get(self, request: Request) -> Response:
        self.clean_query(PageQuery)
        return page_of(self, queries.provinces(), ProvinceOut, ordering=("code",))


class Specialties(DirectoryView):
    @extend_schema(
        summary="Specialties somebody practises", tags=TAG, parameters=[PageQuery], responses={200: SpecialtyPage}
    )
    def get(self, request: Request) -> Response:
        self.clean_query(PageQuery)
        return page_of(self, queries.specialties(), SpecialtyOut, ordering=("code",))


class SpecialtyDetail(DirectoryView):
    @extend_schema(summary="A specialty", tags=TAG, responses={200: SpecialtyOut})
    def get(self, request: Request, code: str) -> Response:
        return Response(SpecialtyOut(self.one(queries.specialties(), code=code)).data)


class Facilities(DirectoryView):
    @extend_schema(summary="Places of care", tags=TAG, parameters=[FacilityQuery], responses={200: FacilityPage})
    def get(self, request: Request) -> Response:
        values, near = self.filters(FacilityQuery)
        found = queries.facilities(**values)
        if near is None:
            return page_of(self, found, FacilityOut, ordering=("sort_name", "id"))
        return page_of(self, queries.by_distance(found, *near), FacilityOut, ordering=("distance_m", "id"))


class FacilityDetail(DirectoryView):
    @extend_schema(summary="A place of care", tags=TAG, responses={200: FacilityOut})
    def get(self, request: Request, facility_id: UUID) -> Response:
        return Response(FacilityOut(self.one(queries.facilities(), id=facility_id)).data)


class Practitioners(DirectoryView):
    @extend_schema(summary="Doctors", tags=TAG, parameters=[PractitionerQuery], responses={200: PractitionerPage})
    def get(self, request: Request) -> Response:
        values, near = self.filters(PractitionerQuery)
        found = queries.practitioners(**values)
        if near is None:
            return page_of(self, found, PractitionerOut, ordering=("sort_name", "id"))
        nearest = queries.by_distance(found, *near, prefix="memberships__facility__")
        return page_of(self, nearest, PractitionerOut, ordering=("distance_m", "id"))


class PractitionerDetail(DirectoryView):
    @extend_schema(summary="A doctor", tags=TAG, responses={200: PractitionerOut})
    def get(self, request: Request, practitioner_id: UUID) -> Response:
        return Response(PractitionerOut(self.one(queries.practitioners(), id=practitioner_id)).data)


class VisitTypes(DirectoryView):
    @extend_schema(
        summary="What can be booked, and its price",
        tags=TAG,
        parameters=[VisitTypeQuery],
        responses={200: VisitTypePage},
    )
    def get(self, request: Request) -> Response:
        values, _near = self.filters(VisitTypeQuery)
        return page_of(
            self, queries.visit_types(**values), VisitTypeOut, ordering=("facility_id", "price_amount", "id")
        )


class VisitTypeDetail(DirectoryView):
    @extend_schema(summary="One kind of visit", tags=TAG, responses={200: VisitTypeOut})
    def get(self, request: Request, visit_type_id: UUID) -> Response:
        return Response(VisitTypeOut(self.one(queries.visit_types(), id=visit_type_id)).data)
