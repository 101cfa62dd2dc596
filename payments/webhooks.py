"""Where gateways call: verify on the raw bytes, keep the message once, answer at once. A job finds out what it means."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from prometheus_client import Counter
from rest_framework.request import Request

from core.api import ANYONE, ApiView
from core.errors import DomainError, NotFound
from payments import actions, gateways, queries
from payments.errors import BadNotice, BadSignature, BodyTooLarge, UnknownGateway
from payments.models import GatewayAccount

log = logging.getLogger("lanh.payments")
MAX_BODY = 64 * 1024
MAX_QUERY = 8 * 1024
NOBODY = UUID(int=0)  # where a gateway needs no account, no facility is meant
CALLS = Counter("lanh_payment_calls", "Calls of payment gateways, by how they were taken", ["gateway", "outcome"])


class Hook(ApiView):
    """One gateway's door. Nothing is stored and nothing changes unless the signature is right.

    A call names its account in the address; where a gateway has one address for all, it is read from the message, to know
    with whose key to verify, and for nothing else.
    """

    access = ANYONE
    authentication_classes = ()  # the signature is the authentication; a stray cookie must not matter

    @extend_schema(exclude=True)
    def post(self, request: Request, gateway: str, account_id: UUID | None = None) -> HttpResponse:
        return self._take(request, gateway, account_id)

    @extend_schema(exclude=True)
    def get(self, request: Request, gateway: str, account_id: UUID | None = None) -> HttpResponse:
        return self._take(request, gateway, account_id)

    def _take(self, request: Request, code: str, account_id: UUID | None) -> HttpResponse:
        try:
            gateway = gateways.get(code)
        except UnknownGateway as error:
            raise NotFound() from error
        if request.method not in gateway.methods:
            self.http_method_not_allowed(request)
        try:
            call = self._read(request)
            row = _account(gateway, call, account_id)
            account = queries.speaks_for(row, row.facility_id if row else NOBODY)
            told = gateway.verify(account, call, now=self.now)
        except (BadSignature, BadNotice, BodyTooLarge) as error:
            CALLS.labels(code, error.code).inc()
            log.warning("a call for %s was not believed: %s", code, error.code)
            return _refused(gateway, error)
        raw = call.body or call.query.encode()
        try:
            standing = actions.receive_delivery(gateway=code, account=row, told=told, raw=raw, now=self.now)
        except Exception:
            # Said in its own words, so that it calls again; without words of its own it is told by the status.
            reply = gateway.refuse("error")
            if reply is None:
                raise
            log.exception("a call for %s could not be kept", code)
            return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
        CALLS.labels(code, "new" if standing.is_new else "again").inc()
        reply = gateway.reply(standing)
        return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)

    @staticmethod
    def _read(request: Request) -> gateways.Call:
        # Read by hand and only so far: the length header is the sender's word.
        raw = request._request.read(MAX_BODY + 1)
        query = request._request.META.get("QUERY_STRING", "")
        if len(raw) > MAX_BODY or len(query) > MAX_QUERY:
            raise BodyTooLarge()
        return gateways.Call(method=request.method or "", query=query, headers=request.headers, body=raw)


def _account(gateway: gateways.Gateway, call: gateways.Call, account_id: UUID | None) -> GatewayAccount | None:
    """Return the account a call is for; None for a gateway that needs none. Raises BadSignature without one."""
    if not gateway.fields:
        return None
    if account_id is not None:
        row = queries.account_with(gateway.code, account_id)
    else:
        merchant = gateway.merchant_of(call)
        row = queries.account_called(gateway.code, merchant) if merchant else None
    if row is None:
        raise BadSignature()
    return row


def _refused(gateway: gateways.Gateway, error: DomainError) -> HttpResponse:
    reply = gateway.refuse(error.code)
    if reply is None:
        raise error
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
