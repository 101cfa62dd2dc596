"""Where gateways call: verify on the raw bytes, keep the message once, answer at once. A job finds out what it means."""

from __future__ import annotations

import logging

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ANYONE, ApiView
from core.errors import NotFound
from payments import actions, gateways
from payments.errors import BadSignature, BodyTooLarge, UnknownGateway

log = logging.getLogger("lanh.payments")
MAX_BODY = 64 * 1024


class Hook(ApiView):
    """One gateway's door. Nothing is stored and nothing changes unless the signature is right."""

    access = ANYONE
    authentication_classes = ()  # the signature is the authentication; a stray cookie must not matter

    @extend_schema(exclude=True)
    def post(self, request: Request, gateway: str) -> Response:
        try:
            called = gateways.get(gateway)
        except UnknownGateway as error:
            raise NotFound() from error
        raw = self._raw(request)
        try:
            told = called.verify(request.headers, raw, now=self.now)
        except BadSignature:
            log.warning("a webhook for %s had a wrong signature", gateway)
            raise
        actions.receive_delivery(gateway=gateway, told=told, raw=raw, now=self.now)
        return Response({"received": True})

    @staticmethod
    def _raw(request: Request) -> bytes:
        # Read by hand and only so far: the length header is the sender's word.
        raw = request._request.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise BodyTooLarge()
        return raw
