"""Pure: the paper in the circular's form, and its signature. pyHanko's validator and `openssl` judge it too.

PAPER_FLIPS=2000 tries as many flipped bits as the acceptance asks for; a run of the suite tries fewer.
"""

import io
import os
import random
import shutil
import subprocess
import sys
from datetime import timedelta

import pikepdf
import pytest

from prescriptions import certificates, pades, papers, signing, slips
from prescriptions.certificates import Holder
from tests import make
from tests.prescriptions.slip_stage import HOST, LICENCE, content, signer_and_lists, slip_of

FLIPS = int(os.environ.get("PAPER_FLIPS", "300"))
URL = "https://example.vn/x.crl"
NOW = make.NOW
YEAR = timedelta(days=365)


def full_content(kind="c", medicines=2, **patient):
    said = content(medicines)
    said |= {
        "kind": kind,
        "advice": "Uống nhiều nước #eval(1+1)",
        "diagnoses": [{"code": "J02.9", "name": "Viêm họng cấp, không xác định"}],
    }
    said["facility"] |= {"address": "12 Lê Lợi, Phường Sài Gòn, Thành phố Hồ Chí Minh", "phone": "+842438000000"}
    said["patient"] |= {"sex": "female", "national_id": "079195012345", "insurance_number": "", "address": "Hà Nội"}
    said["patient"] |= patient
    for one in said["items"]:
        one |= {"route": "đường uống", "dose_unit": "viên", "printed_total": f"{one['total']:02d}"}
    return said


def values(said, **changed):
    signer, _ = signer_and_lists()
    how = {
        "zone": "Asia/Ho_Chi_Minh",
        "jws": signer.sign(said),
        "slip": slips.text_of(slip_of(signer, said), HOST),
        "verify": f"{HOST}/verify/",
        "certificate": "5A3C",
        "legally_valid": False,
    }
    return papers.said(said, **(how | changed))


# ---- the form: specs of the circular (article 6, annexes I to III) and their print examples


def test_quantities_and_names_are_written_as_the_circular_prints_them():
    tablets = {"unit": "Viên", "total": 20, "printed_total": "20"}
    assert papers.quantity(tablets, "n") == "20 viên (Hai mươi viên)"
    assert papers.quantity(tablets, "c") == "20 viên"
    assert papers.quantity({"unit": "Viên", "total": 6, "printed_total": "06"}, "c") == "06 viên"
    names = [one["name"] for one in values(full_content())["items"]]
    assert names == ["Amoxicilin 500mg", "Paracetamol (Hapacol) 500mg"]


def test_everything_article_6_asks_for_is_on_it():
    said = values(full_content())
    assert said["title"] == "ĐƠN THUỐC"
    assert said["patient"] == [
        ("Họ tên", "Nguyễn Thị Ánh"),
        ("Ngày sinh", "05/03/1995"),
        ("Giới tính", "Nữ"),
        ("Số định danh cá nhân/CCCD/hộ chiếu", "079195012345"),
        ("Nơi cư trú", "Hà Nội"),
    ]
    assert said["facility"]["phone"] == "02438000000"
    assert said["items"][0]["usage"] == "Uống 1 viên/lần, 2 lần/ngày, sau ăn, 7 ngày"
    assert said["count"] == "02"
    # Signed at 14:00 in Hà Nội on the 25th, good for six times 24 hours: into the 31st.
    assert (said["place_and_date"], said["valid_until"]) == ("Ngày 25 tháng 03 năm 2030", "31/03/2030")
    assert said["mark"] == "CHỮ KÝ THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
    assert values(full_content(), legally_valid=True)["mark"] == ""


def test_a_small_child_has_months_weight_and_who_brought_it():
    said = values(full_content(born_on="2024-03-26", weight_kg="19.5", guardian="Nguyễn Văn Cha"))
    assert ("Tuổi", "71 tháng (26/03/2024)") in said["patient"]
    assert ("Cân nặng", "19,5 kg") in said["patient"]
    assert said["guardian"] == "Nguyễn Văn Cha"
    bigger = values(full_content(born_on="2024-03-25"))["patient"]  # 72 months on this day
    assert ("Ngày sinh", "25/03/2024") in bigger


def test_a_coded_person_is_a_code_on_paper_and_in_the_qr_code():
    said = full_content(coded="NB-0A1B2C3D", guardian="Mẹ", region="Hà Nội")
    told = values(said)
    assert told["patient"] == [("Mã người bệnh", "NB-0A1B2C3D"), ("Nơi cư trú", "Hà Nội")]
    assert told["guardian"] == ""
    slip = slips.payload(said)
    assert (slip["n"], slip["b"]) == ("NB-0A1B2C3D", "")


def test_the_end_at_midnight_is_the_day_before():
    said = full_content()
    said["expires_at"] = "2030-03-30T17:00:00+00:00"  # midnight between the 30th and the 31st in Hà Nội
    assert values(said)["valid_until"] == "30/03/2030"


# ---- the file


@pytest.fixture(scope="module")
def stage():
    """A chain, a signer with it, and a signed paper."""
    root = certificates.new_root(NOW - YEAR)
    authority = certificates.new_authority(
        root, facility_code="79999", facility_name="Bệnh viện Sông Hồng", crl_url=URL, now=NOW - YEAR
    )
    _kid, public, private = signing.new_key()
    holder = Holder("BS. Trần Văn Bình", LICENCE, "79999", "Bệnh viện Sông Hồng")
    issued = certificates.certify(
        authority, public, holder, crl_url=URL, begins=NOW - timedelta(days=1), ends=NOW + YEAR
    )
    chain = [issued.der, authority.der, root.der]
    signer = signing.BuiltInSigner(private, certificate=certificates.thumbprint(issued.der))
    said = full_content(medicines=12)
    plain = papers.typeset(values(said))
    signed = pades.sign(plain, signer=signer, chain=chain, name=holder.name, reason="Kê đơn thuốc", place="BV")
    return {"chain": chain, "signer": signer, "plain": plain, "signed": signed, "said": said}


def test_it_is_pdf_a_3_with_the_text_as_text_and_the_signed_content_attached(stage):
    with pikepdf.open(io.BytesIO(stage["signed"])) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata.pdfa_status == "3A"
        assert str(pdf.Root.Lang) == "vi"
        attached = pdf.attachments["prescription.jws"].get_file().read_bytes().decode()
        assert signing.payload_of(attached) == stage["said"]
    again = papers.typeset(values(stage["said"], jws="", slip=""))
    assert again == papers.typeset(values(stage["said"], jws="", slip=""))


def test_pyhankos_own_validator_takes_it_whole_and_trusts_only_our_root(stage):
    from asn1crypto import x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    def judged(pdf, root):
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        context = ValidationContext(trust_roots=[x509.Certificate.load(root)], allow_fetching=False)
        return validate_pdf_signature(signature, signer_validation_context=context)

    good = judged(stage["signed"], stage["chain"][-1])
    assert good.bottom_line and good.intact and good.valid and good.trusted
    assert good.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert good.signing_cert.serial_number == certificates.Issued(stage["chain"][0]).certificate.serial_number
    assert not judged(stage["signed"], certificates.new_root(NOW).der).trusted
    changed = bytearray(stage["signed"])
    changed[1000] ^= 1
    assert not judged(bytes(changed), stage["chain"][-1]).bottom_line


def test_openssl_verifies_the_container_over_the_covered_bytes(stage, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    covered, container = pades.container_of(stage["signed"])
    (tmp_path / "cms.der").write_bytes(container)
    (tmp_path / "root.pem").write_text(certificates.pem(stage["chain"][-1:]))

    def verified(data):
        (tmp_path / "data").write_bytes(data)
        words = "openssl cms -verify -inform DER -in cms.der -content data -binary -out out"
        words += f" -CAfile root.pem -purpose any -attime {int(NOW.timestamp())}"
        return subprocess.run(words.split(), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert verified(covered).returncode == 0, verified(covered).stderr
    assert verified(covered + b" ").returncode != 0


def test_our_own_look_takes_the_good_one_and_no_other_certificate(stage):
    pades.verify(stage["signed"], chain=stage["chain"])
    other = certificates.new_root(NOW)
    for chain in ([*stage["chain"][:2], other.der], stage["chain"][1:], [other.der]):
        with pytest.raises(signing.BadSignature):
            pades.verify(stage["signed"], chain=chain)


def test_random_byte_flips_of_the_paper_are_all_refused(stage):
    """Anywhere in the file, and as many within the signature, where formats leave room for bytes that nobody reads."""
    good, dice = stage["signed"], random.Random(20300325)
    gap = good.index(b"/Contents <3082")
    for number in range(FLIPS):
        place = dice.randrange(len(good)) if number % 2 else dice.randrange(gap, gap + pades.CONTAINER_DIGITS + 200)
        flipped = bytearray(good)
        flipped[place] ^= 1 << dice.randrange(8)
        with pytest.raises(signing.BadSignature):
            pades.verify(bytes(flipped), chain=stage["chain"])


@pytest.mark.parametrize(
    "change", [lambda pdf: pdf + b"\n", lambda pdf: pdf[:-1], lambda pdf: b"", lambda pdf: b"%PDF"]
)
def test_a_longer_shorter_or_empty_file_is_refused(stage, change):
    with pytest.raises(signing.BadSignature):
        pades.verify(change(stage["signed"]), chain=stage["chain"])


def test_an_unsigned_paper_and_one_signed_again_are_refused(stage):
    with pytest.raises(signing.BadSignature):
        pades.verify(stage["plain"], chain=stage["chain"])
    cut = stage["signed"].replace(b"/ByteRange", b"/ByteRangf")
    with pytest.raises(signing.BadSignature):
        pades.verify(cut, chain=stage["chain"])


ALONE = """
import sys
from prescriptions import pades
paper, chain = sys.argv[1], [bytes.fromhex(one) for one in sys.argv[2:]]
pades.verify(open(paper, "rb").read(), chain=chain)
"""


def test_a_process_that_never_signed_verifies_as_well(stage, tmp_path):
    """The web reads what a worker made: nothing that only signing loads may decide."""
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(stage["signed"])
    command = [sys.executable, "-c", ALONE, str(paper), *[one.hex() for one in stage["chain"]]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert done.returncode == 0, done.stderr
