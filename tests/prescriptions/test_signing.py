"""Pure: canonical content, ES256, and that no byte can change."""

import random

import pytest

from prescriptions import signing
from prescriptions.sealing import SealBroken, seal, unseal

CONTENT = {
    "code": "79999a1b2c3d-c",
    "patient": {"name": "Nguyễn Thị Ánh"},
    "items": [{"total": 14, "dose": "0.5"}],
    "note": "",
}


@pytest.fixture(scope="module")
def key():
    return signing.new_key()


def test_canonical_form_does_not_depend_on_the_order_of_keys():
    assert (
        signing.canonical({"b": 1, "a": [True, None]})
        == signing.canonical({"a": [True, None], "b": 1})
        == b'{"a":[true,null],"b":1}'
    )


def test_what_was_signed_verifies(key):
    kid, public, private = key
    token = signing.BuiltInSigner(private).sign(CONTENT)
    signing.verify(token, CONTENT, public)
    assert signing.key_id(token) == kid
    assert signing.payload_of(token) == CONTENT
    assert "d" not in public


def test_the_built_in_signer_says_in_the_signature_that_it_is_not_legally_valid(key):
    from joserfc import jws

    _, _, private = key
    header = jws.extract_compact(signing.BuiltInSigner(private).sign(CONTENT).encode()).headers()
    assert header["legally_valid"] is False
    assert header["signer"] == "built-in"


def test_every_changed_character_of_the_signature_is_refused(key):
    _, public, private = key
    token = signing.BuiltInSigner(private).sign(CONTENT)
    dice = random.Random(5)
    for place in range(len(token)):
        letter = dice.choice([one for one in "ABCabc019-_.=é \n" if one != token[place]])
        with pytest.raises(signing.BadSignature):
            signing.verify(token[:place] + letter + token[place + 1 :], CONTENT, public)


@pytest.mark.parametrize(
    "changed",
    [
        {**CONTENT, "code": "79999a1b2c3e-c"},
        {**CONTENT, "items": [{"total": 15, "dose": "0.5"}]},
        {**CONTENT, "items": [{"total": 14, "dose": "0.50"}]},
        {**CONTENT, "more": 1},
        {},
    ],
)
def test_other_content_is_refused(key, changed):
    _, public, private = key
    with pytest.raises(signing.BadSignature):
        signing.verify(signing.BuiltInSigner(private).sign(CONTENT), changed, public)


def test_another_key_is_refused_also_under_the_same_key_id(key):
    kid, public, _ = key
    _, _, other = signing.new_key()
    token = signing.BuiltInSigner({**other, "kid": kid}).sign(CONTENT)
    with pytest.raises(signing.BadSignature):
        signing.verify(token, CONTENT, public)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "é.é.é"])
def test_what_is_no_signature_is_refused_not_a_crash(key, token):
    with pytest.raises(signing.BadSignature):
        signing.verify(token, CONTENT, key[1])
    with pytest.raises(signing.BadSignature):
        signing.key_id(token)


def test_unsigned_and_symmetric_algorithms_are_refused(key):
    from joserfc import jws
    from joserfc.jwk import OctKey

    kid, public, _ = key
    secret = OctKey.import_key(signing.canonical(public))
    token = jws.serialize_compact(
        {"alg": "HS256", "kid": kid}, signing.canonical(CONTENT), secret, algorithms=["HS256"]
    )
    with pytest.raises(signing.BadSignature):
        signing.verify(token, CONTENT, public)


def test_a_sealed_secret_opens_only_for_its_purpose_and_owner():
    sealed = seal(b"12345678", purpose="access-code", owner="a")
    assert unseal(sealed, purpose="access-code", owner="a") == b"12345678"
    assert b"12345678" not in sealed
    for purpose, owner in [("acceptance", "a"), ("access-code", "b")]:
        with pytest.raises(SealBroken):
            unseal(sealed, purpose=purpose, owner=owner)


def test_a_changed_seal_does_not_open():
    sealed = bytearray(seal(b"12345678", purpose="access-code", owner="a"))
    sealed[-1] ^= 1
    for broken in (bytes(sealed), b"", b"short"):
        with pytest.raises(SealBroken):
            unseal(broken, purpose="access-code", owner="a")


def test_another_installation_cannot_open_it(settings):
    sealed = seal(b"12345678", purpose="access-code", owner="a")
    settings.SECRET_KEY = "another secret, of another installation"
    with pytest.raises(SealBroken):
        unseal(sealed, purpose="access-code", owner="a")
