"""Doors to what a doctor keeps: favourite lines, sets, sentences; and to what was prescribed to this patient before."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, Page, StrictSerializer, idempotent
from prescriptions import access, actions, queries
from prescriptions.api import wishes
from prescriptions.api.answers import DrugAnswer
from prescriptions.models.own import MOST_LINES

TAGS = ["prescribing"]
PRESCRIBERS = frozenset({"practitioner"})


class KeptLineWish(StrictSerializer):
    drug = serializers.CharField(max_length=80)
    dose_quantity = wishes.DoseField(
        max_digits=7, decimal_places=2, min_value=wishes.SMALLEST_DOSE, max_value=wishes.LARGEST_DOSE
    )
    doses_a_day = serializers.IntegerField(min_value=1, max_value=wishes.MOST_DOSES_A_DAY)
    days = serializers.IntegerField(min_value=1, max_value=wishes.MOST_DAYS)
    instruction = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class SetWish(StrictSerializer):
    name = serializers.CharField(max_length=80)
    lines = serializers.ListField(child=KeptLineWish(), allow_empty=False, max_length=MOST_LINES)
    advice = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    shared = serializers.BooleanField(required=False, default=False)


class SetChange(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    shared = serializers.BooleanField(required=False)


class SnippetWish(StrictSerializer):
    text = serializers.CharField(max_length=500)


class OwnAsked(StrictSerializer):
    on = serializers.DateField(required=False, help_text="only what may be prescribed on this day; default: today")


class KeptLineAnswer(serializers.Serializer[Any]):
    drug = DrugAnswer()
    dose_quantity = serializers.CharField(source="dose_text")
    doses_a_day = serializers.IntegerField()
    days = serializers.IntegerField()
    instruction = serializers.CharField()


class FavouriteAnswer(KeptLineAnswer):
    id = serializers.UUIDField()
    dose_quantity = serializers.SerializerMethodField()  # type: ignore[assignment]

    def get_dose_quantity(self, row: Any) -> str:
        return f"{row.dose_quantity.normalize():f}"


class SetAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    shared = serializers.BooleanField()
    is_own = serializers.BooleanField()
    by = serializers.CharField()
    advice = serializers.CharField()
    lines = KeptLineAnswer(many=True)
    gone = serializers.ListField(child=serializers.CharField(), help_text="what may not be prescribed any more")


class SnippetAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()


class OwnAnswer(serializers.Serializer[Any]):
    favourites = FavouriteAnswer(many=True)
    sets = SetAnswer(many=True)
    snippets = SnippetAnswer(many=True)


class EarlierAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    signed_at = serializers.DateTimeField()
    practitioner = serializers.CharField()
    advice = serializers.CharField()
    lines = KeptLineAnswer(many=True)
    gone = serializers.ListField(child=serializers.CharField(), help_text="what may not be prescribed any more")


class EarlierPage(Page):
    results = EarlierAnswer(many=True)


class OwnView(ApiView):
    """Base: a doctor's own things."""

    access = PRESCRIBERS

    @property
    def today(self) -> date:
        """The day in Vietnam; a visit's own day is asked for by `on`."""
        return self.now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()


class Own(OwnView):
    @extend_schema(parameters=[OwnAsked], responses=OwnAnswer, summary="What I keep to write faster", tags=TAGS)
    def get(self, request: Request) -> Response:
        on = self.clean_query(OwnAsked).get("on") or self.today
        kept = {
            "favourites": queries.favourites(self.actor, on),
            "sets": queries.line_sets(self.actor, on),
            "snippets": queries.snippets(self.actor),
        }
        return Response(OwnAnswer(kept).data)


class Favourites(OwnView):
    @extend_schema(request=KeptLineWish, responses={201: FavouriteAnswer}, summary="Keep a line", tags=TAGS)
    @idempotent
    def post(self, request: Request) -> Response:
        kept = actions.keep_favourite(line=self.clean(KeptLineWish), by=self.actor, on=self.today)
        return Response(FavouriteAnswer(kept).data, status=201)


class OneFavourite(OwnView):
    @extend_schema(responses={204: None}, summary="Keep a line no longer", tags=TAGS)
    def delete(self, request: Request, favourite_id: UUID) -> Response:
        actions.drop_favourite(favourite_id=favourite_id, by=self.actor)
        return Response(status=204)


class Sets(OwnView):
    @extend_schema(request=SetWish, responses={201: SetAnswer}, summary="Keep a set of lines", tags=TAGS)
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(SetWish)
        kept = actions.keep_set(**wish, by=self.actor, on=self.today)
        return Response(SetAnswer(_one_of(self, kept.id)).data, status=201)


class OneSet(OwnView):
    @extend_schema(request=SetChange, responses=SetAnswer, summary="Rename or share a set", tags=TAGS)
    def patch(self, request: Request, set_id: UUID) -> Response:
        kept = actions.change_set(set_id=set_id, **self.clean(SetChange), by=self.actor)
        return Response(SetAnswer(_one_of(self, kept.id)).data)

    @extend_schema(responses={204: None}, summary="Throw a set away", tags=TAGS)
    def delete(self, request: Request, set_id: UUID) -> Response:
        actions.drop_set(set_id=set_id, by=self.actor)
        return Response(status=204)


def _one_of(view: OwnView, set_id: UUID) -> Any:
    return next(one for one in queries.line_sets(view.actor, view.today) if one.id == set_id)


class Snippets(OwnView):
    @extend_schema(request=SnippetWish, responses={201: SnippetAnswer}, summary="Keep a sentence of advice", tags=TAGS)
    @idempotent
    def post(self, request: Request) -> Response:
        kept = actions.keep_snippet(text=self.clean(SnippetWish)["text"], by=self.actor)
        return Response(SnippetAnswer(kept).data, status=201)


class OneSnippet(OwnView):
    @extend_schema(responses={204: None}, summary="Keep a sentence no longer", tags=TAGS)
    def delete(self, request: Request, snippet_id: UUID) -> Response:
        actions.drop_snippet(snippet_id=snippet_id, by=self.actor)
        return Response(status=204)


class Earlier(OwnView):
    @extend_schema(
        responses=EarlierPage, summary="What was prescribed to this patient before, ready to copy", tags=TAGS
    )
    def get(self, request: Request, prescription_id: UUID) -> Response:
        draft = access.get_draft_in_care(self.actor, prescription_id, self.now)
        on = queries.day_of(draft.encounter, self.now)
        rows = []
        for one in queries.earlier_of(draft):
            lines, gone = queries.split_by_day(one.items.all(), on)
            rows.append(
                {
                    "id": one.id,
                    "code": one.code,
                    "signed_at": one.signed_at,
                    "practitioner": one.practitioner.display_name,
                    "advice": one.advice,
                    "lines": lines,
                    "gone": gone,
                }
            )
        return Response(EarlierPage({"results": rows, "next": None, "previous": None}).data)
