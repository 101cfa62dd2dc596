"""The own account: who I am, for whom I act, my devices, my role, and passes for live connections."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import SIGNED_IN, ApiView, Page, StrictSerializer, idempotent, page_of
from core.errors import Invalid
from identity import access, acting, actions, national_id, queries
from identity.actions.people import COMES_OF_AGE
from identity.api.directory import PageQuery, ProvinceOut
from identity.errors import BadNationalId, NotAMember, SecondFactorNeeded
from identity.forms import born_on_is_possible
from identity.models import Delegation, Device, Person, User

TAG = ["me"]
CITIZEN = frozenset({"citizen"})
INSURANCE = re.compile(r"[A-Z]{2}[1-5][0-9]{12}|[0-9]{10}|[0-9]{12}", re.ASCII)


class Birthday(serializers.DateField):
    def to_internal_value(self, value: Any) -> Any:
        day = super().to_internal_value(value)
        if not born_on_is_possible(day):
            raise serializers.ValidationError(_("Please check the date of birth."))
        return day


class NationalId(serializers.CharField):
    """12 digits; spaces and dots between them are dropped. "" takes the number away."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=24, allow_blank=True, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text:
            return ""
        try:
            return national_id.normalised(text)
        except BadNationalId as error:
            raise serializers.ValidationError(str(error.detail)) from error


class InsuranceNumber(serializers.CharField):
    """Health insurance number in one of its three forms: 15 characters, 10 digits, 12 digits. "" takes it away."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=24, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = re.sub(r"[\s_\-]", "", super().to_internal_value(data)).upper()
        if text and not INSURANCE.fullmatch(text):
            raise serializers.ValidationError(_("A health insurance number has 15 characters, or 10 or 12 digits."))
        return text


class Name(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=2, max_length=120, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class PersonOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField()
    born_on = serializers.DateField(allow_null=True)
    sex = serializers.CharField()
    phone = serializers.CharField()
    national_id = serializers.CharField(allow_null=True)
    national_id_doubts = serializers.SerializerMethodField(help_text="What does not fit; never a reason to refuse.")
    insurance_number = serializers.CharField()
    province = ProvinceOut(allow_null=True)
    commune = serializers.CharField()
    address = serializers.CharField()
    guardian_name = serializers.CharField()

    def get_national_id_doubts(self, person: Person) -> list[str]:
        if not person.national_id:
            return []
        today = timezone.localdate()
        found = national_id.doubts(person.national_id, born_on=person.born_on, sex=person.sex, today=today)
        return [str(one) for one in found]


class RoleOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    role = serializers.CharField()
    role_words = serializers.CharField(source="get_role_display")
    facility = serializers.UUIDField(source="facility_id", allow_null=True)
    facility_name = serializers.CharField(source="facility.name", allow_null=True, default=None)


class ActingOut(serializers.Serializer[Any]):
    role = serializers.CharField()
    name = serializers.CharField()
    facility = serializers.UUIDField(source="facility_id", allow_null=True)
    practitioner = serializers.UUIDField(source="practitioner_id", allow_null=True)


class MeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    language = serializers.ChoiceField(User.Language.choices)
    person = PersonOut(allow_null=True)
    roles = RoleOut(many=True)
    acting_as = ActingOut()


class PersonIn(StrictSerializer):
    full_name = Name(required=False)
    born_on = Birthday(required=False)
    sex = serializers.ChoiceField(Person.Sex.choices, required=False)
    national_id = NationalId(required=False)
    insurance_number = InsuranceNumber(required=False)
    province = serializers.RegexField(r"^[0-9]{2}$", required=False, allow_null=True)
    commune = serializers.CharField(required=False, allow_blank=True, max_length=80)
    address = serializers.CharField(required=False, allow_blank=True, max_length=160)

    def validate_province(self, code: str | None) -> str | None:
        if code is not None and not queries.provinces().filter(code=code).exists():
            raise serializers.ValidationError(_("This province is not known."))
        return code


class MeIn(PersonIn):
    language = serializers.ChoiceField(User.Language.choices, required=False)


class ChildIn(StrictSerializer):
    full_name = Name()
    born_on = Birthday(help_text="Younger than 18 years.")
    sex = serializers.ChoiceField(Person.Sex.choices)


class DelegationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    grantor = serializers.UUIDField(source="grantor_id")
    grantor_name = serializers.CharField(source="grantor.full_name")
    delegate = serializers.UUIDField(source="delegate_id")
    delegate_name = serializers.CharField(source="delegate.full_name")
    relation = serializers.ChoiceField(Delegation.Relation.choices)
    scopes = serializers.ListField(child=serializers.ChoiceField(Delegation.SCOPES))
    valid_to = serializers.DateField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class PeoplePage(Page):
    results = PersonOut(many=True)


class DelegationPage(Page):
    results = DelegationOut(many=True)


class TicketIn(StrictSerializer):
    scope = serializers.RegexField(
        r"^(me|room:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        default="me",
        help_text='"me" for live events, "room:<id>" for a call.',
    )


class TicketOut(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    scope = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class DeviceIn(StrictSerializer):
    token = serializers.CharField(max_length=512)
    platform = serializers.ChoiceField(Device.Platform.choices)


class DeviceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    platform = serializers.CharField()
    seen_at = serializers.DateTimeField()


class ActingIn(StrictSerializer):
    membership = serializers.UUIDField(allow_null=True, help_text="One of my roles; null to act as a citizen.")


def _person_changes(values: dict[str, Any]) -> dict[str, Any]:
    """Translate the contract's names to columns."""
    changes = {name: value for name, value in values.items() if name != "language"}
    if "province" in changes:
        changes["province_id"] = changes.pop("province")
    if "national_id" in changes:
        changes["national_id"] = changes["national_id"] or None
    return changes


class OwnView(ApiView):
    """A door of the signed-in account."""

    access = SIGNED_IN

    @property
    def user(self) -> User:
        """The account behind the token or the cookie."""
        user = self.request.user
        assert isinstance(user, User)  # `access` lets nobody else in
        return user


class SocketTickets(ApiView):
    access = SIGNED_IN

    @extend_schema(
        summary="A one-time pass for a web socket (30 s)", tags=TAG, request=TicketIn, responses={201: TicketOut}
    )
    def post(self, request: Request) -> Response:
        scope = self.clean(TicketIn)["scope"]
        ticket = actions.issue_socket_ticket(self.actor, scope, self.now)
        return Response(TicketOut({"ticket": ticket, "scope": scope, "expires_in": 30}).data, status=201)


class Me(OwnView):
    def _answer(self) -> Response:
        user = self.user
        person = queries.person_of(user.id)
        values = {name: getattr(user, name) for name in ("id", "phone", "email", "language")}
        roles = acting.memberships_of(user) if acting.second_factor_passed(self.request._request) else []
        return Response(
            MeOut({**values, "name": str(user), "person": person, "roles": roles, "acting_as": self.actor}).data
        )

    @extend_schema(summary="Who I am", tags=TAG, responses={200: MeOut})
    def get(self, request: Request) -> Response:
        return self._answer()

    @extend_schema(
        summary="Change my details; the first time this makes me a citizen (name, birthday and sex are needed)",
        tags=TAG,
        request=MeIn,
        responses={200: MeOut},
    )
    def patch(self, request: Request) -> Response:
        values = self.clean(MeIn)
        if "language" in values:
            actions.set_language(language=values["language"], by=self.actor)
            self.user.language = values["language"]
        changes = _person_changes(values)
        if changes:
            by = acting.as_citizen(self.user)
            if by.person_id is None:
                by = self._registered(changes)
            assert by.person_id is not None
            actions.change_person(person_id=by.person_id, changes=changes, by=by, now=self.now)
        return self._answer()

    def _registered(self, changes: dict[str, Any]) -> Any:
        missing = [name for name in ("full_name", "born_on", "sex") if name not in changes]
        if missing:
            raise Invalid(fields={name: [str(_("This is needed the first time."))] for name in missing})
        first = {name: changes[name] for name in ("full_name", "born_on", "sex")}
        actions.register_person(**first, by=acting.as_citizen(self.user), now=self.now)
        return acting.as_citizen(self.user)


class People(ApiView):
    access = CITIZEN

    @extend_schema(summary="Me and the people I act for", tags=TAG, parameters=[PageQuery], responses={200: PeoplePage})
    def get(self, request: Request) -> Response:
        self.clean_query(PageQuery)
        found = access.people_of(self.actor, "read").select_related("province")
        return page_of(self, found, PersonOut, ordering=("created_at", "id"))

    @extend_schema(summary="Add a child I act for", tags=TAG, request=ChildIn, responses={201: PersonOut})
    @idempotent
    def post(self, request: Request) -> Response:
        values = self.clean(ChildIn)
        child = Person(born_on=values["born_on"])
        if (child.age_on(timezone.localdate(self.now)) or 0) >= COMES_OF_AGE:
            raise Invalid(fields={"born_on": [str(_("Only for children younger than 18 years."))]})
        return Response(PersonOut(actions.add_child(**values, by=self.actor, now=self.now)).data, status=201)


class PersonDetail(ApiView):
    access = CITIZEN

    @extend_schema(summary="One of the people I act for", tags=TAG, responses={200: PersonOut})
    def get(self, request: Request, person_id: UUID) -> Response:
        return Response(PersonOut(access.get_person(self.actor, person_id, "read")).data)

    @extend_schema(summary="Change their details", tags=TAG, request=PersonIn, responses={200: PersonOut})
    def patch(self, request: Request, person_id: UUID) -> Response:
        access.get_person(self.actor, person_id, "book")
        changes = _person_changes(self.clean(PersonIn))
        person = actions.change_person(person_id=person_id, changes=changes, by=self.actor, now=self.now)
        return Response(PersonOut(person).data)


class Delegations(ApiView):
    access = CITIZEN

    @extend_schema(
        summary="Who may act for me, and for whom I may act",
        tags=TAG,
        parameters=[PageQuery],
        responses={200: DelegationPage},
    )
    def get(self, request: Request) -> Response:
        self.clean_query(PageQuery)
        return page_of(self, queries.delegations_of(self.actor.person_id), DelegationOut)


class DelegationDetail(ApiView):
    access = CITIZEN

    @extend_schema(summary="End a delegation; either side may", tags=TAG, responses={204: None})
    def delete(self, request: Request, delegation_id: UUID) -> Response:
        actions.revoke_delegation(delegation_id=delegation_id, by=self.actor, now=self.now)
        return Response(status=204)


class Devices(ApiView):
    access = SIGNED_IN

    @extend_schema(summary="Register a push token", tags=TAG, request=DeviceIn, responses={201: DeviceOut})
    def post(self, request: Request) -> Response:
        device = actions.register_device(**self.clean(DeviceIn), by=self.actor, now=self.now)
        return Response(DeviceOut(device).data, status=201)

    @extend_schema(
        summary="Forget a push token",
        tags=TAG,
        parameters=[OpenApiParameter("token", str, required=True)],
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if not token:
            raise Invalid(fields={"token": [str(_("This field is required."))]})
        actions.forget_device(token=token, by=self.actor)
        return Response(status=204)


class ActingAs(OwnView):
    @extend_schema(summary="Pick the role I act in", tags=TAG, request=ActingIn, responses={200: ActingOut})
    def put(self, request: Request) -> Response:
        wanted = self.clean(ActingIn)["membership"]
        inner = request._request
        session = acting.session_of(inner)
        if wanted is None:
            session[acting.SESSION_KEY] = "citizen"
            actor = acting.as_citizen(self.user)
        else:
            row = next((one for one in acting.memberships_of(self.user) if one.id == wanted), None)
            if row is None:
                raise NotAMember()
            if not acting.second_factor_passed(inner):
                raise SecondFactorNeeded()
            session[acting.SESSION_KEY] = str(wanted)
            actor = acting.as_member(row)
        session.save()
        return Response(ActingOut(actor).data)
