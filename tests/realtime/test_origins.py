"""Which pages may open a socket (specs T18)."""

import pytest

from realtime.origins import may_open


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["lanh.vn", "127.0.0.1", "[::1]"]


def headers(origin: str | None, host: str = "lanh.vn") -> list[tuple[bytes, bytes]]:
    found = [(b"host", host.encode())]
    return found if origin is None else [*found, (b"origin", origin.encode())]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://lanh.vn", "lanh.vn"),
        ("https://lanh.vn:443", "lanh.vn"),
        ("https://LANH.vn", "lanh.vn"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        (None, "lanh.vn"),  # an app, not a page
    ],
)
def test_our_own_pages_and_programs_may(origin, host):
    assert may_open(headers(origin, host))


BAD = [
    "null", "", "https://evil.vn", "https://lanh.vn.evil.vn", "https://evil-lanh.vn", "https://xlanh.vn", "https://lanh.vn:8443",
    "http://lanh.vn:443", "https://sub.lanh.vn", "https://lanh.vn@evil.vn", "https://lanh.vn/path", "file://", "chrome-extension://x",
    "ftp://lanh.vn", "https://lanh.vn:x", "https://[::1", "https://lanh.vn, https://evil.vn",
]  # fmt: skip


@pytest.mark.parametrize("origin", BAD)
def test_other_origins_may_not(origin):
    assert not may_open(headers(origin))


def test_a_foreign_host_is_no_proof():
    assert not may_open(headers("https://evil.vn", "evil.vn"))
    assert not may_open(headers(None, "evil.vn"))
    assert not may_open([])
    assert not may_open([*headers("https://lanh.vn"), (b"origin", b"https://lanh.vn")])
