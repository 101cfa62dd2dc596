"""A mobile app in a test: nothing but HTTP and web sockets, as a phone would have them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.house import House


class Phone:
    """Signs in and calls the public API. Every write carries an Idempotency-Key, as a careful app's would."""

    def __init__(self, house: House, language: str = "vi") -> None:
        self.house = house
        self.http = httpx.Client(base_url=house.url, timeout=30, headers={"Accept-Language": language})
        self.session_token = ""
        self.refresh_token = ""

    def close(self) -> None:
        self.http.close()

    def _auth(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"X-Session-Token": self.session_token} if self.session_token else {}
        answer = self.http.request(method, f"/_allauth/app/v1{path}", json=body, headers=headers)
        document = answer.json()
        meta = document.get("meta", {})
        self.session_token = meta.get("session_token") or self.session_token
        if meta.get("access_token"):
            self.http.headers["Authorization"] = f"Bearer {meta['access_token']}"
            self.refresh_token = meta.get("refresh_token", self.refresh_token)
        return document | {"http": answer.status_code}

    def sign_in_by_code(self, phone: str) -> dict[str, Any]:
        """Citizen: ask for a code, read it where the demo shows its SMS, send it back."""
        asked = self._auth("POST", "/auth/code/request", {"phone": phone})
        assert asked["http"] == 401, asked
        done = self._auth("POST", "/auth/code/confirm", {"code": self.house.code_for(phone)})
        assert done["http"] == 200, done
        return done

    def sign_in_with_password(self, email: str, password: str, second_factor: Callable[[], str]) -> dict[str, Any]:
        """Staff: password, then the six digits of their app."""
        asked = self._auth("POST", "/auth/login", {"email": email, "password": password})
        assert asked["http"] == 401, asked
        done = self._auth("POST", "/auth/2fa/authenticate", {"code": second_factor()})
        assert done["http"] == 200, done
        return done

    def get(self, path: str, expect: int = 200, **params: Any) -> Any:
        return self._json(self.http.get(f"/api/v1{path}", params=params), expect)

    def post(self, path: str, body: dict[str, Any] | None = None, expect: int = 200, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self._json(self.http.post(f"/api/v1{path}", json=body or {}, headers=headers), expect)

    def patch(self, path: str, body: dict[str, Any], expect: int = 200) -> Any:
        return self._json(self.http.patch(f"/api/v1{path}", json=body), expect)

    def put(self, path: str, body: dict[str, Any], expect: int = 200) -> Any:
        return self._json(self.http.put(f"/api/v1{path}", json=body), expect)

    @staticmethod
    def _json(answer: httpx.Response, expect: int) -> Any:
        assert answer.status_code == expect, f"{answer.request.url}: {answer.status_code} {answer.text[:600]}"
        return answer.json() if answer.content else None

    def give_times_back(self) -> None:
        """Cancel what is booked, by whichever test was in this house before: a citizen may have only so many open visits."""
        for one in self.get("/appointments")["results"]:
            if one["status"] == "booked":
                path, key = f"/api/v1/appointments/{one['id']}/cancel", str(uuid4())
                self.http.post(path, json={}, headers={"Idempotency-Key": key})

    def socket(self, path: str, ticket: str) -> Socket:
        """Open one of our sockets with a one-time ticket."""
        mark = "&" if "?" in path else "?"
        return Socket(connect(f"{self.house.socket_url}{path}{mark}ticket={ticket}", open_timeout=10))

    def ticket(self, scope: str) -> str:
        return str(self.post("/socket-tickets", {"scope": scope}, expect=201)["ticket"])


class Socket:
    """Frames in and out of one web socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[dict[str, Any]] = []

    def send(self, frame: dict[str, Any]) -> None:
        self.connection.send(json.dumps(frame))

    def until(self, wanted: Callable[[dict[str, Any]], bool], timeout: float = 20) -> dict[str, Any]:
        """Read frames until one fits; all are kept in `seen`."""
        for frame in self.seen:
            if wanted(frame):
                return frame
        while True:
            try:
                frame = json.loads(self.connection.recv(timeout=timeout))
            except TimeoutError:
                raise AssertionError(f"no such frame came; seen: {self.seen[-8:]}") from None
            self.seen.append(frame)
            if wanted(frame):
                return frame

    def close(self) -> None:
        self.connection.close()


def eventually(question: Callable[[], Any], seconds: float = 20) -> Any:
    """Ask until the answer is true; jobs take their moment."""
    until = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > until:
            assert answer, question
            return answer
        time.sleep(0.2)


def pay(phone: Phone, appointment: dict[str, Any], way: str = "pay") -> None:
    """Go to the gateway's page as the app's browser would, and press a button there."""
    started = phone.post("/payments", {"subject": f"appointment:{appointment['id']}", "gateway": "sandbox"})
    with httpx.Client(timeout=30) as browser:
        page = browser.get(started["redirect_url"])
        assert page.status_code == 200
        token = browser.cookies.get("csrftoken", "")
        pressed = browser.post(
            f"{started['redirect_url'].rstrip('/')}/answer/",
            data={"way": way, "csrfmiddlewaretoken": token},
            headers={"Referer": started["redirect_url"]},
        )
        assert pressed.status_code == 302, pressed.text[:500]
