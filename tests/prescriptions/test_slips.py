"""Pure: the signed summary in the QR code, judged without network, and every way to forge one."""

import copy
import random
from datetime import timedelta

import pytest
import segno
from joserfc import jws
from joserfc.jwk import ECKey

from prescriptions import signing, slips
from prescriptions.slips import SlipRefused, judge
from tests.prescriptions.slip_stage import HOST, LICENCE, NOW, THUMBPRINT, content, signer_and_lists, slip_of

FLIPS = 2000


@pytest.fixture(scope="module")
def stage():
    return signer_and_lists()


@pytest.fixture
def signer(stage):
    return stage[0]


@pytest.fixture
def lists(stage):
    return copy.deepcopy(stage[1])


@pytest.fixture
def token(signer):
    return slip_of(signer, content())


def reason(text, lists, now=NOW):
    with pytest.raises(SlipRefused) as refused:
        judge(text, **lists, now=now)
    return refused.value.reason


def test_the_scanned_address_says_what_is_prescribed_by_whom_and_holds_no_access_code(token, lists):
    text = slips.text_of(token, HOST)
    assert text.startswith("https://lanh.example.vn/verify/#ey")
    found = judge(text, **lists, now=NOW)
    assert judge(token, **lists, now=NOW) == found
    assert found.holder["licence"] == LICENCE
    assert found.slip["c"] == "79999a1b2c3d-c"
    assert found.slip["i"] == [
        ["Amoxicilin 500mg", 14, "viên nang", "1×2×7"],
        ["Paracetamol (Hapacol) 500mg", 6, "viên", "1×3×2"],
    ]
    assert sorted(found.slip) == sorted(["v", "c", "f", "l", "n", "b", "s", "e", "i", "m", "h"])


def test_joserfc_takes_it_with_the_public_key_alone(token, lists):
    key = ECKey.import_key(lists["certificates"]["certificates"][0]["jwk"])
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    assert jws.deserialize_compact(token, key, registry=registry).headers()["zip"] == "DEF"


def test_it_fits_a_code_that_cheap_cameras_read_with_twelve_medicines_too(signer, lists):
    long = slip_of(signer, content(12))
    found = judge(long, **lists, now=NOW)
    assert len(found.slip["i"]) + found.slip["m"] == 12
    assert found.slip["m"] == 0
    for one in (long, slip_of(signer, content())):
        assert len(one) <= slips.LONGEST
        assert segno.make(slips.text_of(one, HOST), error="m", micro=False).version <= 25


def test_what_does_not_fit_is_left_out_from_the_end_and_counted(signer, lists):
    dice = random.Random(1)
    said = content(12)
    for one in said["items"]:
        one["name"] = "".join(dice.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(120))
    token = slip_of(signer, said)
    slip = judge(token, **lists, now=NOW).slip
    assert len(token) <= slips.LONGEST
    assert 0 < slip["m"] < 12
    assert [one[0].split()[0] for one in slip["i"]] == [one["name"] for one in said["items"][: 12 - slip["m"]]]


def test_two_thousand_random_byte_flips_of_the_code_are_all_refused(token, lists):
    dice, text = random.Random(20300325), slips.text_of(token, HOST).encode()
    for _ in range(FLIPS):
        flipped = bytearray(text)
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        with pytest.raises(SlipRefused):
            judge(flipped.decode("latin-1"), **lists, now=NOW)


def test_two_thousand_random_byte_flips_of_the_full_signature_are_all_refused(signer, stage):
    public = {**stage[1]["certificates"]["certificates"][0]["jwk"], "kid": signer.kid}
    said = content()
    token = signer.sign(said)
    signing.verify(token, said, public)
    dice = random.Random(25032030)
    for _ in range(FLIPS):
        flipped = bytearray(token.encode())
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        with pytest.raises(signing.BadSignature):
            signing.verify(flipped.decode("latin-1"), said, public)


def test_a_list_older_than_a_day_lets_nothing_through(token, lists):
    day = timedelta(hours=24)
    judge(token, **lists, now=NOW + day)
    assert reason(token, lists, NOW + day + timedelta(seconds=1)) == "list_stale"
    lists["revocations"]["next_update"] = int(NOW.timestamp()) - 1
    assert reason(token, lists) == "list_stale"
    lists["revocations"] |= {"next_update": int(NOW.timestamp()) + 999_999, "iat": int(NOW.timestamp()) + 301}
    assert reason(token, lists) == "list_stale"  # from the future: a clock is wrong, or somebody plays with it


@pytest.mark.parametrize(
    ("of", "changes", "expected"),
    [
        ("holder", {"x5t#S256": "u" * 43}, "unknown_certificate"),
        ("holder", {"facility": "79998"}, "wrong_facility"),
        ("holder", {"licence": "000001/HNO-GPHN"}, "wrong_licence"),
        ("holder", {"from": int(NOW.timestamp()) + 1}, "not_yet"),
        ("holder", {"to": int(NOW.timestamp()) - 1}, "expired"),
        ("revoked", {"since": int(NOW.timestamp()), "reason": "cessation"}, "revoked"),
        ("revoked", {"since": int(NOW.timestamp()) - 1, "reason": "superseded"}, "revoked"),
        ("revoked", {"since": int(NOW.timestamp()) + 99_999, "reason": "key_compromise"}, "revoked"),
    ],
)
def test_a_certificate_that_does_not_fit_refuses(token, lists, of, changes, expected):
    if of == "holder":
        lists["certificates"]["certificates"][0] |= changes
    else:
        lists["revocations"]["revoked"][THUMBPRINT] = changes
    assert reason(token, lists) == expected


def test_what_was_signed_before_an_honest_end_still_counts(token, lists):
    lists["revocations"]["revoked"][THUMBPRINT] = {"since": int(NOW.timestamp()) + 1, "reason": "cessation"}
    judge(token, **lists, now=NOW)


def test_its_time_and_the_future_are_refused(signer, lists):
    said = content()
    said["expires_at"] = (NOW + timedelta(hours=1)).isoformat()
    assert reason(slip_of(signer, said), lists, NOW + timedelta(hours=1)) == "past"
    said["signed_at"] = (NOW + timedelta(seconds=301)).isoformat()
    assert reason(slip_of(signer, said), lists) == "not_yet"


def test_other_keys_other_kinds_and_other_algorithms_are_refused(signer, lists, token):
    other, _ = signer_and_lists()
    assert reason(slip_of(other, content()), lists) == "changed"
    assert reason(signer.sign(content()), lists) == "changed"  # the same key, but another kind of thing
    head, payload, _signature = token.split(".")
    none = signing.encoded(signing.canonical({"alg": "none", "typ": "rx", "x5t#S256": THUMBPRINT}))
    assert reason(f"{none}.{payload}.", lists) == "changed"
    assert reason(f"{head}.{payload}.{'A' * 86}", lists) == "changed"


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c.d", "79999a1b2c3d-c#12345678", "é.é.é", HOST + "/verify/#"])
def test_what_is_no_slip_is_refused_not_a_crash(text, lists):
    assert reason(text, lists) == "unreadable"


@pytest.mark.parametrize("payload", [b"", b"{}", b"not deflated", b"[1]"])
def test_a_signed_thing_that_says_nothing_is_refused(signer, lists, payload):
    header, _ = slips.part(signer, content())
    for packed in (payload, slips._deflated(payload)):
        assert reason(signer.tokens([(header, packed)])[0], lists) == "unreadable"
    bomb = slips._deflated(b"[" + b"1," * 500_000 + b"1]")
    assert reason(signer.tokens([(header, bomb)])[0], lists) == "unreadable"
