"""Doors for files of hours: hand one in (nothing changes), read its report, confirm it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, importing, queries
from booking.models import ImportRun
from core.api import ApiView, AwareDateTime, Page, idempotent, page_of
from core.rest.uploads import CsvFile, FhirFile, FormFile, RawFile, XlsxFile
from core.rest.uploads import Upload as UploadedFile

DESK = frozenset({"desk"})
NAME = OpenApiParameter("name", str, description="What the file is called, when the body is the file itself.")


class ImportProblem(serializers.Serializer[Any]):
    """Why one row does not land: where, what about it, a code for programs and words for people."""

    line = serializers.IntegerField(help_text="in the file; in a FHIR bundle the number of the entry, from 1")
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField(source="reason")
    reason = serializers.SerializerMethodField()
    value = serializers.CharField(allow_blank=True, help_text="what stood there, at most 80 characters")

    @extend_schema_field(serializers.CharField())
    def get_reason(self, found: importing.Problem) -> str:
        return importing.in_words(found)


class ImportSummary(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    file_name = serializers.CharField()
    format = serializers.ChoiceField(["csv", "xlsx", "fhir"])
    status = serializers.ChoiceField(ImportRun.Status.choices)
    rows = serializers.IntegerField()
    rows_done = serializers.IntegerField(help_text="of the step that runs: progress")
    good = serializers.IntegerField(help_text="rows that would land")
    unchanged = serializers.IntegerField(help_text="rows that say what is so already")
    bad = serializers.IntegerField(source="bad_rows")
    landed = serializers.IntegerField()
    opened = serializers.IntegerField(help_text="schedules that were opened for practitioners without one")
    created_at = AwareDateTime()
    checked_at = AwareDateTime(allow_null=True)
    applied_at = AwareDateTime(allow_null=True)


class ImportAnswer(ImportSummary):
    problems = ImportProblem(many=True)


class ImportPage(Page):
    results = ImportSummary(many=True)


class Imports(ApiView):
    access = DESK
    parser_classes = [FormFile, CsvFile, XlsxFile, FhirFile, RawFile]

    @extend_schema(responses=ImportPage, summary="Files of hours that were handed in", tags=["schedules"])
    def get(self, request: Request) -> Response:
        return page_of(self, queries.imports_of(self.actor), ImportSummary)

    @extend_schema(
        parameters=[NAME],
        request={
            # A form with one field `file` does as well; a broken one the server refuses in its own words, before us.
            "text/csv": OpenApiTypes.BINARY,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": OpenApiTypes.BINARY,
            "application/fhir+json": OpenApiTypes.BINARY,
        },
        responses={201: ImportAnswer},
        summary="Hand in a file of hours: it is checked row by row, nothing changes",
        tags=["schedules"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        # Without any body no parser is asked, and nothing is in it.
        found: UploadedFile = request.data if isinstance(request.data, dict) else {}
        name, content = str(found.get("name", "")), found.get("file") or b""
        run = actions.begin_import(file_name=name, content=content, by=self.actor, now=self.now)
        return Response(ImportAnswer(run).data, status=201)


class OneImport(ApiView):
    access = DESK

    @extend_schema(responses=ImportAnswer, summary="How far it is, and every row that cannot land", tags=["schedules"])
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(ImportAnswer(access.get_import(self.actor, run_id)).data)


class ApplyImport(ApiView):
    access = DESK

    @extend_schema(
        request=None, responses={202: ImportAnswer}, summary="Put the good rows in place", tags=["schedules"]
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run = actions.confirm_import(run_id=run_id, by=self.actor, now=self.now)
        return Response(ImportAnswer(run).data, status=202)
