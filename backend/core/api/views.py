"""The base of our API views: says who may try, hands out actor, now and clean values."""

from datetime import datetime
from typing import Any, ClassVar

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer, ValidationError
from rest_framework.views import APIView

from core import edge
from core.actor import ANYONE, Actor
from core.api.kept import checked, names_of
from core.errors import NotSignedIn, WrongRole


class ApiView(APIView):
    """A door. `access` names the roles that may try; what they may touch is asked in the app's access.py."""

    access: ClassVar[frozenset[str]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "access"):
            raise TypeError(f"{cls.__name__} does not say who may try: set `access`")

    @property
    def actor(self) -> Actor:
        """Who acts: from the token or the session, in the role they picked."""
        return edge.actor_of(self.request._request if isinstance(self.request, Request) else self.request)

    @property
    def now(self) -> datetime:
        """The instant of this request."""
        if not hasattr(self, "_now"):
            self._now = edge.now()
        return self._now

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate first, then refuse roles that have no business here."""
        super().initial(request, *args, **kwargs)
        request._request.user = request.user
        request._request.auth = request.auth  # type: ignore[attr-defined]
        if self.access == ANYONE:
            return
        if self.actor.is_anonymous:
            raise NotSignedIn()
        if self.actor.role not in self.access:
            raise WrongRole()

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal as JSON also where the answer itself would have been a picture."""
        response = super().handle_exception(exc)
        self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), "application/json"
        return response

    def clean(self, serializer_class: type[Serializer[Any]], **context: Any) -> dict[str, Any]:
        """Return the checked values of the body. Raises ValidationError (422) with words by field."""
        if not isinstance(self.request.data, dict):
            raise ValidationError({"body": ["An object is expected."]})
        return checked(serializer_class, self.request.data, **context)

    def clean_query(self, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the checked values of the query string; unknown parameters are ignored, as URLs gather them."""
        known = names_of(serializer_class)
        values = {name: value for name, value in self.request.query_params.items() if name in known}
        return checked(serializer_class, values)
