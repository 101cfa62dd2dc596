"""Lists of drugs: a dry run that changes nothing, then the good rows, once, whatever dies on the way."""

from __future__ import annotations

import csv
import io
import threading
from datetime import date
from io import StringIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from audit.models import Line
from core.actor import Actor
from core.errors import NotFound
from prescriptions import actions, importing, vocabulary
from prescriptions.actions import importing as landing
from prescriptions.models import Drug, DrugImport
from prescriptions.vocabulary import Unclear
from tests import make
from tests.jobs import run_jobs
from tests.prescriptions import stage

SYSTEM = Actor.system("test")
LISTS = "/operator/drugs/"
HEADER = "ma_thuoc,ten_hoat_chat,ten_thuoc,don_vi_tinh,ham_luong,duong_dung,ma_duong_dung,dang_bao_che,so_dang_ky,quy_cach,nha_sx,nuoc_sx"
OURS = "code,name_vi,inn,brand,registration_number,atc,strength,form,route,unit,dose_unit,pack_size,control,supply,valid_from,valid_to"
HAPACOL = "40.1,Paracetamol,Hapanol 650,Viên,650mg,Uống,1.01,Viên nén,VD-90001-14,Hộp 10 vỉ x 5 viên,X,Việt Nam"
SYRUP = '40.2,Desloratadin,Sosal,Chai,"2,5mg/5ml",Uống,1.01,Siro,893100990123,Hộp 1 chai 60ml,X,Việt Nam'
TOXIC = '40.3,Neostigmin methylsulfat,Antig,Ống,"0,5mg/ml",Tiêm,2.10,Dung dịch tiêm,893114990224,Hộp 10 ống x 1ml,X,Việt Nam'


@pytest.fixture
def operator(db):
    return make.make_membership(user=make.make_staff_user(name="Vận hành"), facility=None, role="operator")


@pytest.fixture
def page(operator):
    return make.page_client(operator)


def text_of(*rows, header=HEADER):
    return "\r\n".join([header, *rows]) + "\r\n"


def hand_in(page, text, **form):
    """Hand a list in at the page and let the job check it."""
    content = text if isinstance(text, bytes) else text.encode()
    answer = page.post(LISTS, {"file": SimpleUploadedFile("thuoc.csv", content), "list_on": "2031-03-26", **form})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    run_jobs()
    return DrugImport.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[-1])


def confirm(page, run):
    assert page.post(f"{LISTS}{run.pk}/confirm/").status_code == 302
    run_jobs()
    run.refresh_from_db()
    return run


def reasons(run):
    return [(one["line"], one["field"], one["reason"]) for one in run.problems]


def everything():
    return list(Drug.objects.order_by("pk").values())


def many(rows, *, start=0):
    return [
        f"40.{n},Paracetamol,Para {n},Viên,{n + 1}mg,Uống,1.01,Viên nén,VD-7{n:04}-20,Hộp 10 vỉ x 10 viên,X,VN"
        for n in range(start, start + rows)
    ]


def test_good_rows_land_after_confirmation_and_bad_ones_say_line_field_and_reason(page):
    before = everything()
    run = hand_in(page, text_of(
        HAPACOL,
        SYRUP,
        "40.4,Aciclovir,Acy,Tuýp,5g/tube,Dùng ngoài,3.05,Kem bôi da,VD-90002-16,Hộp 1 tuýp x 5 gam,X,VN",
        HAPACOL.replace("Hapanol", "Other"),
        "40.5,Paracetamol + Codein phosphat,Trav,Viên,500mg + 15mg,Uống,1.01,Viên nén bao phim,VD-90003-18,Hộp 10 vỉ x 10 viên,X,VN",
        TOXIC,
        "40.6,Tobramycin,Tob,Lọ,0.3%,\"Nhỏ mắt, mũi, tai\",6.01,Dung dịch,VN-90004-15,Hộp 1 lọ 5ml,X,VN",
    ))  # fmt: skip

    assert everything() == before  # a dry run
    assert (run.status, run.rows, run.good, run.bad_rows) == ("checked", 7, 3, 4)
    assert reasons(run) == [
        (4, "ham_luong", "strength_of_pack"),
        (5, "so_dang_ky", "duplicate"),
        (6, "ten_hoat_chat", "control_unclear"),
        (8, "duong_dung", "several_routes"),
    ]
    shown = page.get(f"{LISTS}{run.pk}/", headers={"Accept-Language": "en"}).content.decode()
    assert "5g/tube" in shown
    assert "line 2" in shown or "dòng 2" in shown  # which line the fifth repeats

    run = confirm(page, run)

    assert (run.status, run.landed, run.added, run.bad_rows) == ("applied", 3, 3, 4)
    drug = Drug.objects.get(registration_number="VD-90001-14")
    assert (drug.code, drug.name_vi, drug.brand, drug.ingredients) == (
        "sdk-vd-90001-14",
        "Paracetamol",
        "Hapanol 650",
        ["paracetamol"],
    )
    assert (drug.strength, drug.form, drug.route, drug.unit, drug.pack_size) == (
        "650 mg",
        "tablet",
        "oral",
        "tablet",
        1,
    )
    assert drug.atc == "N02BE01"  # WHO: paracetamol; all our generics of it by mouth say so
    syrup = Drug.objects.get(brand="Sosal")
    assert (syrup.form, syrup.unit, syrup.dose_unit, syrup.pack_size, syrup.supply) == (
        "syrup",
        "bottle",
        "ml",
        60,
        "otc",
    )
    toxic = Drug.objects.get(brand="Antig")
    assert (toxic.control, toxic.atc, toxic.ingredients) == ("toxic", "", ["neostigmine"])
    told = Line.objects.filter(action="prescription.import_drugs", subject=f"drugimport:{run.pk}")
    assert [line.detail["what"] for line in told.order_by("created_at", "id")] == ["read", "confirmed", "in place"]


def test_the_same_list_again_changes_nothing_and_a_corrected_one_updates_by_number(page):
    confirm(page, hand_in(page, text_of(HAPACOL, SYRUP)))
    before = everything()
    again = hand_in(page, text_of(HAPACOL, SYRUP))
    assert (again.good, again.unchanged) == (0, 2)
    assert confirm(page, again).landed == 0
    assert everything() == before

    run = confirm(
        page, hand_in(page, text_of(HAPACOL.replace("Hapanol 650", "Hapanol Extra").replace("VD-", "vd - "), SYRUP))
    )
    assert (run.landed, run.added, run.unchanged) == (1, 0, 1)
    assert Drug.objects.get(registration_number="VD-90001-14").brand == "Hapanol Extra"
    assert Drug.objects.count() == len(before)


def test_our_own_dialect_updates_by_code_and_says_what_it_does_not_know(page):
    row = (
        "paracetamol-500-mg-tablet,Paracetamol,paracetamol,Panadol,VN-80001-20,N02BE01,500 mg,tablet,oral,tablet,tablet,1,ordinary,otc,"
        "2030-01-01,31/12/2031"
    )
    bad = "x-1,X,x,,,N2,5 mg,pill,oral,tablet,tablet,0,secret,otc,2031-02-30,"
    run = hand_in(page, text_of(row, bad, header=OURS))
    assert {(field, reason) for _line, field, reason in reasons(run)} == {
        ("atc", "bad_atc"), ("form", "bad_choice"), ("pack_size", "bad_number"), ("control", "bad_choice"), ("valid_from", "bad_date"),
    }  # fmt: skip
    confirm(page, run)
    drug = Drug.objects.get(code="paracetamol-500-mg-tablet")
    assert (drug.brand, drug.valid_from, drug.valid_to) == ("Panadol", date(2030, 1, 1), date(2031, 12, 31))
    assert not Drug.objects.filter(code="x-1").exists()


def test_what_was_prescribed_keeps_its_strength_and_may_end(page, signed):
    """Prescriptions signed before say 500 mg; the drug they point at must go on saying so."""
    row = f"{stage.AMOXICILLIN},Amoxicilin,amoxicillin,,,J01CA04,%s,capsule,oral,capsule,capsule,1,ordinary,rx,,%s"
    run = confirm(page, hand_in(page, text_of(row % ("250 mg", ""), header=OURS)))
    assert reasons(run) == [(2, "strength", "prescribed_already")]
    assert Drug.objects.get(code=stage.AMOXICILLIN).strength == "500 mg"

    run = confirm(page, hand_in(page, text_of(row % ("500 mg", "2031-03-31"), header=OURS)))
    assert (run.landed, run.bad_rows) == (1, 0)
    assert stage.only_item(signed).drug.valid_to == date(2031, 3, 31)


@pytest.mark.parametrize("encode", [
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode("utf-16"),
    lambda text: text.replace("\r\n", "\n").encode(),
    lambda text: "\r\n".join(";".join(f'"{cell}"' for cell in row) for row in csv.reader(StringIO(text))).encode(),
    lambda text: text.replace("Hapanol 650", '"Hapanol\n650"').encode(),
])  # fmt: skip
def test_files_as_offices_write_them(page, encode):
    run = confirm(page, hand_in(page, encode(text_of(HAPACOL, SYRUP))))
    assert (run.landed, run.problems) == (2, [])
    assert Drug.objects.get(registration_number="VD-90001-14").brand == "Hapanol 650"


def test_what_looks_like_a_formula_is_text_and_leaves_guarded(page):
    bad = HAPACOL.replace("Hapanol 650", "=1+1").replace("650mg", "=SUM(A1)")
    run = hand_in(page, text_of(HAPACOL.replace("Hapanol 650", "=cmd|x").replace("90001", "90009"), bad))
    assert reasons(run) == [(3, "ham_luong", "bad_strength")]
    confirm(page, run)
    assert Drug.objects.get(registration_number="VD-90009-14").brand == "=cmd|x"
    answer = page.get(f"{LISTS}{run.pk}/refused.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][-2:] == ["refused_line", "refused_because"]
    assert (rows[1][2], rows[1][-2]) == ("'=1+1", "3")


def test_refused_rows_come_back_as_a_file_that_can_be_corrected_and_handed_in(page):
    run = confirm(page, hand_in(page, text_of(HAPACOL, SYRUP.replace("60ml", "to"))))
    assert reasons(run) == [(3, "quy_cach", "pack_size_missing")]
    content = page.get(f"{LISTS}{run.pk}/refused.csv").content.decode("utf-8-sig").replace("chai to", "chai 60ml")
    run = confirm(page, hand_in(page, content))
    assert (run.rows, run.landed, run.bad_rows) == (1, 1, 0)


@pytest.mark.parametrize(("content", "reason"), [
    (b"\xff\x00\xd8 not text", "wrong_encoding"),
    (b"a,b,c\n1,2,3\n", "no_header"),
    (text_of(header=HEADER.replace("ham_luong", "x")).encode(), "column_missing"),
    (text_of(header=f"{OURS},prise").encode(), "unknown_column"),
    (text_of(header=f"{HEADER},ham_luong").encode(), "column_twice"),
    (b"\n\n,,\n", "file_empty"),
])  # fmt: skip
def test_a_file_that_is_none_changes_nothing(page, content, reason):
    before = everything()
    run = hand_in(page, content)
    assert (run.status, [one["reason"] for one in run.problems]) == ("failed", [reason])
    assert page.get(f"{LISTS}{run.pk}/").status_code == 200
    assert page.post(f"{LISTS}{run.pk}/confirm/").status_code == 302
    run_jobs()
    assert everything() == before


def test_hostile_sizes_are_refused(page, monkeypatch):
    monkeypatch.setattr(
        importing, "BOUNDS", importing.Bounds(most_bytes=4000, most_rows=3, longest_cell=1000, most_columns=60)
    )
    answer = page.post(LISTS, {"file": SimpleUploadedFile("x.csv", b"x" * 4001), "list_on": "2031-03-26"})
    assert answer.status_code == 422
    assert not DrugImport.objects.exists()
    assert reasons(hand_in(page, text_of(*many(4)))) == [(5, "", "too_many_rows")]
    wide = hand_in(page, text_of(HAPACOL.replace("Hapanol 650", "H" * 1500), f"{SYRUP}{',x' * 200}"))
    assert reasons(wide) == [(2, "ten_thuoc", "too_long"), (3, "", "too_many_cells")]


def test_what_vanished_from_a_whole_list_ends_only_when_asked(page):
    confirm(page, hand_in(page, text_of(HAPACOL, SYRUP)))
    assert confirm(page, hand_in(page, text_of(SYRUP))).ended == 0
    gone = Drug.objects.get(registration_number="VD-90001-14")
    assert gone.valid_to is None

    # The syrup's row is bad this time: it cannot land, but it is in the list, so the drug does not end.
    run = hand_in(page, text_of(SYRUP.replace("60ml", ""), TOXIC), is_whole="on")
    assert run.missing == 1
    assert Drug.objects.get(pk=gone.pk).valid_to is None
    run = confirm(page, run)
    assert run.ended == 1
    gone.refresh_from_db()
    assert gone.valid_to == date(2031, 3, 25)  # the day before the list
    assert (
        not Drug.objects.filter(registration_number="").exclude(valid_to=None).exists()
    )  # generics are not in such lists

    run = confirm(page, hand_in(page, text_of(HAPACOL)))  # it is back
    assert run.landed == 1
    gone.refresh_from_db()
    assert gone.valid_to is None


def test_a_row_of_which_nobody_knows_the_drug_ends_nothing(page):
    confirm(page, hand_in(page, text_of(HAPACOL, SYRUP)))
    run = hand_in(page, text_of(SYRUP.replace("893100990123", "")), is_whole="on")
    assert (reasons(run), run.missing) == ([(2, "so_dang_ky", "missing")], 0)
    assert confirm(page, run).ended == 0


def test_a_worker_that_dies_between_chunks_takes_nothing_along(page, operator, monkeypatch):
    monkeypatch.setattr(landing, "CHUNK", 10)
    rows = many(45)
    rows[3] = rows[3].replace("4mg", "?")
    run = hand_in(page, text_of(*rows))
    before = Drug.objects.count()
    actions.confirm_drug_import(run_id=run.pk, by=make.actor_for(operator), now=make.NOW)
    true_write, calls = landing._write_all, []

    def write_and_die(run, verdicts):
        landed = true_write(run, verdicts)
        calls.append(len(landed))
        if len(calls) == 3:
            raise OSError("the worker dies")
        return landed

    monkeypatch.setattr(landing, "_write_all", write_and_die)
    with pytest.raises(OSError):
        actions.apply_drug_import(run_id=run.pk, by=SYSTEM, now=make.NOW)
    run.refresh_from_db()
    assert (run.status, run.rows_done, run.landed, Drug.objects.count() - before) == ("applying", 20, 19, 19)

    run = actions.apply_drug_import(run_id=run.pk, by=SYSTEM, now=make.NOW)

    assert (run.status, run.landed, run.bad_rows, Drug.objects.count() - before) == ("applied", 44, 1, 44)
    again = actions.apply_drug_import(run_id=run.pk, by=SYSTEM, now=make.NOW)
    assert (again.landed, Drug.objects.count() - before) == (44, 44)


def test_rows_that_meet_only_in_the_database_do_not_stop_the_others(page):
    """Two drugs exchange their numbers in one list: whichever comes first would take a number that is still the other's."""
    row = "%s,A,a,,%s,,5 mg,tablet,oral,tablet,tablet,1,ordinary,rx,,"
    confirm(page, hand_in(page, text_of(row % ("a-1", "VD-1111-20"), row % ("a-2", "VD-2222-20"), header=OURS)))
    run = confirm(
        page,
        hand_in(
            page, text_of(row % ("a-1", "VD-2222-20"), row % ("a-2", "VD-1111-20"), row % ("a-3", ""), header=OURS)
        ),
    )
    assert run.status == "applied"
    assert Drug.objects.filter(code="a-3").exists()
    assert {one["reason"] for one in run.problems} <= {"number_of_another"}
    numbers = list(Drug.objects.filter(code__in=["a-1", "a-2"]).values_list("registration_number", flat=True))
    assert len(set(numbers)) == 2


@pytest.mark.django_db(transaction=True)
def test_two_lists_at_once_land_each_drug_once(operator, monkeypatch):
    monkeypatch.setattr(landing, "CHUNK", 5)
    by, before, runs = make.actor_for(operator), Drug.objects.count(), []
    for start in (0, 10):  # twenty rows each, ten of them the same
        content = text_of(*many(20, start=start)).encode()
        run = actions.begin_drug_import(
            file_name="x.csv", content=content, list_on=date(2031, 3, 26), is_whole=False, by=by, now=make.NOW
        )
        actions.check_drug_import(run_id=run.pk, by=SYSTEM, now=make.NOW)
        actions.confirm_drug_import(run_id=run.pk, by=by, now=make.NOW)
        runs.append(run)
    failed = []

    def land(run):
        try:
            actions.apply_drug_import(run_id=run.pk, by=SYSTEM, now=make.NOW)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=land, args=[run]) for run in [*runs, *runs]]  # each by two workers
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert Drug.objects.count() - before == 30
    for run in runs:
        run.refresh_from_db()
        assert (run.status, run.bad_rows) == ("applied", 0)
    assert sum(run.landed for run in runs) == 30


def test_two_drugs_never_have_one_number_on_one_day(db):
    values = {"name_vi": "A", "ingredients": ["a"], "strength": "5 mg", "form": "tablet", "route": "oral", "unit": "tablet",
              "dose_unit": "tablet", "registration_number": "VD-1-20"}  # fmt: skip
    Drug.objects.create(code="a-1", valid_to=date(2031, 3, 25), **values)
    Drug.objects.create(code="a-2", valid_from=date(2031, 3, 26), **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Drug.objects.create(code="a-3", valid_from=date(2031, 4, 1), **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Drug.objects.create(
            code="a-4", valid_from=date(2031, 4, 1), valid_to=date(2031, 3, 1), **(values | {"registration_number": ""})
        )
    assert Drug.objects.filter(code__startswith="a-", ingredients=["a"]).count() == 2


def test_whoever_is_no_operator_sees_and_changes_nothing(page, ana, eve, ben, dan, cara):
    run = hand_in(page, text_of(HAPACOL))
    before = everything()
    for who in (ana, eve, ben, dan, cara):
        client = make.page_client(who)
        for answer in (
            client.get(LISTS),
            client.get(f"{LISTS}{run.pk}/"),
            client.get(f"{LISTS}{run.pk}/refused.csv"),
            client.post(LISTS, {"file": SimpleUploadedFile("x.csv", text_of(SYRUP).encode())}),
            client.post(f"{LISTS}{run.pk}/confirm/"),
        ):
            assert answer.status_code == 403
        with pytest.raises(NotFound):
            actions.begin_drug_import(
                file_name="x",
                content=b"x",
                list_on=date(2031, 3, 26),
                is_whole=False,
                by=make.actor_for(who),
                now=make.NOW,
            )
        with pytest.raises(NotFound):
            actions.confirm_drug_import(run_id=run.pk, by=make.actor_for(who), now=make.NOW)
    run_jobs()
    run.refresh_from_db()
    assert (run.status, DrugImport.objects.count(), everything()) == ("checked", 1, before)
    assert page.get(f"{LISTS}{uuid4()}/").status_code == 404


def test_the_command_checks_first_and_lands_then(db, tmp_path):
    file = tmp_path / "thuoc.csv"
    file.write_text(text_of(HAPACOL, SYRUP.replace("60ml", "")), encoding="utf-8")
    before, out, err = everything(), StringIO(), StringIO()
    call_command("import_drugs", file, dry_run=True, stdout=out, stderr=err)
    assert everything() == before
    assert "2 rows: 1 would land" in out.getvalue()
    assert "line 3, quy_cach" in err.getvalue()
    call_command("import_drugs", file, stdout=out, stderr=err)
    assert Drug.objects.filter(brand="Hapanol 650").exists()
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="line 1, file"):
        call_command("import_drugs", file, stdout=out, stderr=err)
    with pytest.raises(CommandError, match="cannot read"):
        call_command("import_drugs", tmp_path / "absent.csv", stdout=out, stderr=err)


@pytest.mark.parametrize(("text", "count", "expected"), [
    ("500mg", 1, "500 mg"), ("250mg + 31,25mg", 2, "250 mg + 31,25 mg"), ("5mg+10mg", 2, "5 mg + 10 mg"),
    ("800mg, 200mg", 2, "800 mg + 200 mg"), ("450mg; 50mg", 2, "450 mg + 50 mg"), ("50mcg/ 250mcg", 2, "50 microgam + 250 microgam"),
    ("100mg/5ml; 10ml", 1, "100 mg/5 ml"), ("500mg/ 100ml", 1, "500 mg/100 ml"), ("1mg/1ml", 1, "1 mg/ml"), ("300U/3ml", 1, "300 IU/3 ml"),
    ("400UI", 1, "400 IU"), ("2x10^9 CFU (2 tỷ)", 1, "2x10^9 CFU"), ("(10mg; 35mg)/10ml", 2, "10 mg/10 ml + 35 mg/10 ml"),
    ("0,05%", 1, "0,05 %"),
])  # fmt: skip
def test_strengths_are_read_as_hospitals_write_them(text, count, expected):
    assert vocabulary.strengths_of(text, count) == expected


@pytest.mark.parametrize(("text", "count", "code"), [
    ("2.940mg", 1, "strength_thousands"), ("5g/tube", 1, "strength_of_pack"), ("*0,3%", 1, "bad_strength"), ("mạnh", 1, "bad_strength"),
    ("500mg", 2, "strength_count"), ("5mg + 10mg", 1, "strength_count"),
])  # fmt: skip
def test_a_strength_that_does_not_say_one_thing_is_not_guessed(text, count, code):
    with pytest.raises(Unclear) as refusal:
        vocabulary.strengths_of(text, count)
    assert refusal.value.code == code


@pytest.mark.parametrize(("text", "expected"), [
    ("Amoxicilin (dưới dạng Amoxicillin trihydrat) + Acid clavulanic (dưới dạng kali Clavulanat)", ["amoxicillin", "clavulanic acid"]),
    ("Metformin hydroclorid", ["metformin"]), ("Furosemide", ["furosemide"]),
    ("Vitamin B1 + B6 + B12", ["thiamine", "pyridoxine", "cyanocobalamin"]),
    ("Mỗi liều hít chứa: Salmeterol (dưới dạng Salmeterol xinafoate) 50mcg; Fluticason propionat 250mcg", ["salmeterol", "fluticasone"]),
])  # fmt: skip
def test_ingredients_are_known_by_vietnamese_and_international_names(text, expected):
    assert [vocabulary.inn_of(name)[0] for name in vocabulary.names_of(text)] == expected


def test_controlled_drugs_are_known_by_ingredient_and_by_number():
    assert vocabulary.watched(["morphine"], "VD-1-20") == ("narcotic", "rx")
    assert vocabulary.watched(["diazepam"], "893112990124") == ("psychotropic", "rx")
    assert vocabulary.watched(["atropine"], "893114603624") == ("toxic", "rx")
    assert vocabulary.watched(["paracetamol"], "893100990124") == ("ordinary", "otc")
    for ingredients, number in ((["paracetamol", "codeine"], "VD-1-20"), (["morphine"], "893110990124")):
        with pytest.raises(Unclear):
            vocabulary.watched(ingredients, number)
