"""Debian's coturn as a process of a test, with the configuration that is shipped."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime import coturn
from tests.realtime.server import ROOT, free_port

CONFIGURATION = ROOT / "deploy" / "turnserver.conf"
REALM = "turn.example.vn"


@contextlib.contextmanager
def server(secret: str, *more: str) -> Iterator[int]:
    """Have a TURN server on loopback for the time of a `with`; gives its port. What it says against its configuration fails."""
    programme = coturn.find()
    assert programme
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log, configuration = Path(folder) / "log", Path(folder) / "turnserver.conf"
        # What stands in the file wins over the command line; and we want to read what it says of itself.
        shipped = CONFIGURATION.read_text()
        assert "log-file=/dev/null" in shipped
        configuration.write_text(shipped.replace("log-file=/dev/null", f"log-file={log}"))
        process = subprocess.Popen(
            [
                programme, "-c", str(configuration), f"--static-auth-secret={secret}", f"--realm={REALM}",
                "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
                f"--userdb={folder}/db", f"--pidfile={folder}/pid", *more,
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until = time.monotonic() + 20
            while not _listens(port):
                words = log.read_text() if log.exists() else ""
                assert process.poll() is None and time.monotonic() < until, f"coturn does not start: {words[-3000:]}"
                time.sleep(0.05)
            words = log.read_text() if log.exists() else ""
            wrong = [
                line for line in words.splitlines() if "Bad configuration" in line or "Wrong" in line or "ERROR" in line
            ]
            assert not wrong, wrong
            yield port
        finally:
            process.kill()
            process.wait()


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key, as coturn is given them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, REALM)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return f"--cert={folder / 'cert.pem'}", f"--pkey={folder / 'key.pem'}"


def _listens(port: int) -> bool:
    # It opens UDP and TCP on the same port; TCP can be asked without a word of STUN.
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
