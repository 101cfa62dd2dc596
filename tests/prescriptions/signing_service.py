"""A remote signing service for tests: the Cloud Signature Consortium's calls (API 1.0.4.0), in this process, on this machine."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

SHA256_OID, ECDSA_SHA256_OID = "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2"


class SigningService:
    """One credential, `ben-1`, opened by PIN 4321. `fail` gives a status and a body to answer with instead."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.fail: dict[str, tuple[int, bytes]] = {}
        self.before_signing: Callable[[], None] = lambda: None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                call = self.path.removeprefix("/csc/v1/")
                service.seen.append((call, body))
                status, answer = service.answer(call, body, self.headers.get("Authorization", ""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/csc/v1"

    def answer(self, call: str, body: dict[str, Any], bearer: str) -> tuple[int, bytes]:
        if call in self.fail:
            return self.fail[call]
        if call == "oauth2/token":
            good = (body["client_id"], body["client_secret"]) == ("lanh", "geheim")
            return self._said({"access_token": "T", "token_type": "Bearer"}) if good else (401, b'{"error":"x"}')
        if bearer != "Bearer T" or body.get("credentialID") != "ben-1":
            return 400, b'{"error":"invalid_request"}'
        if call == "credentials/info":
            return self._said({"key": {"status": "enabled"}, "cert": {"certificates": [self._certificate()]}})
        if call == "credentials/authorize":
            if body.get("PIN") != "4321":
                return 400, b'{"error":"invalid_pin"}'
            self.authorised = body["hash"]
            return self._said({"SAD": "S", "expiresIn": 60})
        assert call == "signatures/signHash"
        if body["SAD"] != "S" or body["hash"] != self.authorised:
            return 400, b'{"error":"invalid_sad"}'
        assert (body["hashAlgo"], body["signAlgo"]) == (SHA256_OID, ECDSA_SHA256_OID)
        self.before_signing()
        return self._said({"signatures": [self._signature(one) for one in body["hash"]]})

    def _signature(self, digest: str) -> str:
        algorithm = ec.ECDSA(Prehashed(SHA256()))
        return base64.b64encode(self.key.sign(base64.b64decode(digest), algorithm)).decode()

    def _certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Trần Minh Bình")])
        now = datetime(2030, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
        builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=999))
        made = builder.public_key(self.key.public_key()).sign(self.key, SHA256())
        return base64.b64encode(made.public_bytes(Encoding.DER)).decode()

    def _said(self, body: dict[str, Any]) -> tuple[int, bytes]:
        return 200, json.dumps(body).encode()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
