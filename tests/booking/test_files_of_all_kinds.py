"""What offices hand in: marks, semicolons, workbooks, bundles, and files that are not what they say."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from booking import bundles, importing, judging
from booking.models import Closure, ImportRun, Rule
from core import sheets, tables
from tests import make
from tests.booking import stage
from tests.booking.test_importing import HEADER, confirm, everything, hand_in, reasons
from tests.jobs import run_jobs

LICENCE = "001234/HNO-GPHN"


def read(text, *, kind="csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return list(importing.wishes(sheets.read(kind, content)))


def problems(text):
    return [
        (one["line"], one["field"], one["reason"]) for found in read(text) if isinstance(found, list) for one in found
    ]


def failure(content, *, kind="csv"):
    with pytest.raises(sheets.FileProblem) as caught:
        read(content, kind=kind)
    return caught.value.code, caught.value.line


ROW = f"{LICENCE};hàng tuần;Thứ Hai;;08:00;11:30;20;"
SEMICOLONS = "Số giấy phép hành nghề;Loại;Thứ;Ngày;Từ giờ;Đến giờ;Mỗi (phút);Phòng\r\n" + ROW + "\r\n"


@pytest.mark.parametrize(
    "content",
    [
        SEMICOLONS.encode(),
        SEMICOLONS.encode("utf-8-sig"),
        SEMICOLONS.encode("utf-16"),
        SEMICOLONS.replace(";", ",").encode(),
        SEMICOLONS.replace(";", "\t").replace("\r\n", "\n").encode(),
        f"licence_number;KIND;Weekday;date;from_time;to_time;grid_minutes;room\n{ROW}".encode(),
        f"so giay phep hanh nghe;loai;thu;ngay;tu gio;den gio;grid;phong\n{ROW}".encode(),
    ],
    ids=["plain", "with a mark", "utf-16", "commas", "tabs", "English", "without tones"],
)
def test_reads_what_offices_write(content):
    (wish,) = read(content)
    assert (wish.line, wish.licence, wish.kind, wish.weekday) == (2, LICENCE, "weekly", 0)
    assert (wish.from_time, wish.to_time, wish.grid_minutes) == (time(8), time(11, 30), 20)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (",weekly,Monday,,08:00,09:00,,", [("licence_number", "missing")]),
        ("1,,Monday,,08:00,09:00,,", [("kind", "missing")]),
        ("1,sometimes,Monday,,08:00,09:00,,", [("kind", "bad_kind")]),
        ("1,weekly,2,,08:00,09:00,,", [("weekday", "bad_weekday")]),  # Monday to some, Tuesday to others
        ("1,weekly,Monday,2031-01-01,08:00,09:00,,", [("date", "not_for_this_kind")]),
        ("1,weekly,Monday,,8,09:00,,", [("from_time", "bad_time")]),
        ("1,weekly,Monday,,08:00,25:00,,", [("to_time", "bad_time")]),
        ("1,weekly,Monday,,09:00,08:00,,", [("to_time", "bad_hours")]),
        ("1,weekly,Monday,,08:02,09:00,,", [("from_time", "off_marks")]),
        ("1,weekly,Monday,,08:00,09:00,999,", [("grid_minutes", "bad_number")]),
        ("1,weekly,Monday,,08:00,09:00,-5,", [("grid_minutes", "bad_number")]),
        ("1,weekly,Monday,,08:00,09:00,=1+1,", [("grid_minutes", "formula")]),
        ("1,closed,,31/02/2031,,,,", [("date", "bad_date")]),
        ("1,closed,,,,,,", [("date", "missing")]),
        ("1,closed,,2031-01-01,08:00,,,", [("to_time", "missing")]),
        ("1,extra,,2031-01-01,,,,", [("from_time", "missing")]),
        ("1,weekly,Monday,,08:00,09:00,," + "x" * 1_000_000, [("room", "too_long")]),
        ("1,weekly,Monday,,08:00,09:00,,a\0b", [("room", "bad_character")]),
        ("1,weekly,Monday,,08:00,09:00,,,,,stray", [("", "unknown_column")]),
        ("1,weekly,Funday,,8,9,x,", [("weekday", "bad_weekday"), ("from_time", "bad_time"), ("to_time", "bad_time"),
                                      ("grid_minutes", "bad_number")]),
    ],
)  # fmt: skip
def test_every_bad_cell_is_named(row, found):
    assert sorted(problems(f"{HEADER}\n{row}\n")) == sorted((2, field, reason) for field, reason in found)


def test_every_reason_has_words():
    modules = (importing, bundles, judging, sheets, tables)
    used = {code for module in modules for code in _codes(module)}
    assert used <= set(importing.REASONS), used - set(importing.REASONS)


def _codes(module):
    import ast
    import inspect

    tree = ast.parse(inspect.getsource(module))
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        place = {"refuse": 1, "problem": 2, "FileProblem": 0}.get(name)
        if place is not None and len(call.args) > place and isinstance(call.args[place], ast.Constant):
            yield call.args[place].value


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", ("file_empty", 0)),
        (b"\n \n", ("file_empty", 0)),
        ("Số giấy phép\n".encode("cp1258", "replace") + b"\xff\xfe\xfd", ("wrong_encoding", 1)),
        (b"licence_number,kind,from_time,to_time\n1,weekly,\xe9,\n", ("wrong_encoding", 2)),
        (b"hello,world\n", ("no_header", 1)),
        (b"licence_number,kind,from_time,to_time,mood\n", ("unknown_column", 1)),
        (b"licence_number,kind,from_time,to_time,kind\n", ("column_twice", 1)),
        (b"licence_number,kind,from_time\n", ("column_missing", 1)),
        (b"x" * (sheets.MOST_BYTES + 1), ("file_too_large", 0)),
        (b"licence_number,kind,from_time,to_time\n" + b"1,,,\n" * 20_001, ("too_many_rows", 20_002)),
    ],
)
def test_a_file_nobody_can_read_says_why(content, found):
    assert failure(content) == found


def workbook(rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_may_hold_times_dates_numbers_and_no_formulas():
    found = read(
        workbook([
            ["licence_number", "kind", "weekday", "date", "from_time", "to_time", "grid_minutes"],
            [LICENCE, "weekly", "T3", None, time(8), time(11, 30), 20.0],
            [LICENCE, "extra", None, date(2031, 4, 5), "08:00", "10:00", 30],
            [LICENCE, "closed", None, datetime(2031, 4, 6), None, None, None],  # noqa: DTZ001
            [LICENCE, "weekly", "T4", None, "08:00", "=TIME(11,0,0)", None],
        ]),
        kind="xlsx",
    )  # fmt: skip
    assert (found[0].weekday, found[0].from_time, found[0].grid_minutes) == (1, time(8), 20)
    assert (found[1].first_day, found[1].grid_minutes) == (date(2031, 4, 5), 30)
    assert (found[2].first_day, found[2].kind) == (date(2031, 4, 6), "closed")
    assert [(one["line"], one["field"], one["reason"]) for one in found[3]] == [(5, "to_time", "formula")]


def test_bombs_and_broken_workbooks_are_refused():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MOST_UNPACKED + 1))
    assert len(bomb.getvalue()) < sheets.MOST_BYTES
    assert failure(bomb.getvalue(), kind="xlsx")[0] == "file_too_large"
    laughs = io.BytesIO()
    with zipfile.ZipFile(laughs, "w") as archive:
        archive.writestr("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>')
    assert failure(laughs.getvalue(), kind="xlsx")[0] == "file_unreadable"
    assert failure(b"PK\x03\x04 and no more", kind="xlsx")[0] == "file_unreadable"
    assert failure(workbook([["licence_number"]])[:-40], kind="xlsx")[0] == "file_unreadable"


def test_nothing_we_write_is_a_formula():
    cells = ["=1+1", "+84900000001", "-5", "@SUM(A1)", "Nguyễn Văn A"]
    text = sheets.write_csv(["a", "b", "c", "d", "e"], [cells]).decode("utf-8-sig")
    assert text.splitlines()[1] == "'=1+1,'+84900000001,'-5,'@SUM(A1),Nguyễn Văn A"
    book = load_workbook(io.BytesIO(sheets.write_xlsx(["a", "b", "c", "d", "e"], [cells], title="x")))
    assert [cell.data_type for cell in book.active[2]] == ["s"] * 5


# ---- with the database


@pytest.fixture
def facility_hours(schedule, visit_type, ben, dan):
    """Everything a schedule can hold, made by hand."""
    from booking import actions

    by, now = make.actor_for(dan), make.NOW
    Rule.objects.filter(schedule=schedule).exclude(weekday__in=[0, 1]).delete()
    rule = Rule.objects.get(schedule=schedule, weekday=1)
    rule.room, rule.capacity, rule.valid_from, rule.valid_to = "P12", 3, date(2031, 1, 1), date(2031, 12, 31)
    rule.offset_minutes, rule.to_time = 5, time(0)
    rule.save()
    rule.visit_types.set([visit_type])
    day = date(2031, 4, 10)
    for kind, start, end, reason in (
        ("closed", ("00:00", day), ("00:00", date(2031, 4, 13)), "=Hội nghị"),
        ("closed", ("09:15", date(2031, 4, 21)), ("10:00", date(2031, 4, 21)), ""),
        ("extra", ("18:00", date(2031, 4, 22)), ("00:00", date(2031, 4, 23)), ""),
        ("instead", ("13:00", date(2031, 4, 28)), ("15:00", date(2031, 4, 28)), "Trực"),
    ):
        actions.add_closure(
            schedule_id=schedule.pk, starts_at=make.at(start[1], start[0]), ends_at=make.at(end[1], end[0]),
            kind=kind, reason=reason, by=by, now=now,
        )  # fmt: skip
    return schedule


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_handed_in_again_changes_nothing_and_says_so(facility_hours, dan, kind, language):
    browser = make.page_client(dan)
    browser.cookies["language"] = language
    exported = browser.get(f"/hospital/exports/hours.{kind}")
    assert exported.status_code == 200
    before = everything()

    report = hand_in(dan, exported.content, name=f"x.{kind}", kind="application/octet-stream")

    assert (report["rows"], report["good"], report["unchanged"], report["problems"]) == (6, 0, 6, [])
    assert confirm(dan, report)["landed"] == 0
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_an_export_lands_whole_in_an_empty_house(facility_hours, dan):
    exported = make.page_client(dan).get("/hospital/exports/hours.csv").content
    before = landed()
    Rule.objects.all().delete()
    Closure.objects.all().delete()
    confirm(dan, hand_in(dan, exported))
    assert landed() == before


def landed():
    """What hours there are, whoever made them."""
    names = ("weekday", "from_time", "to_time", "grid_minutes", "offset_minutes", "capacity", "room")
    rules = Rule.objects.values_list(*names, "valid_from", "valid_to", "visit_types")
    return sorted(map(str, rules)), sorted(map(str, Closure.objects.values_list("during", "kind", "reason")))


def bundle(ben, slots):
    return {
        "resourceType": "Bundle", "type": "collection",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Practitioner", "id": "p",
             "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cchn", "value": ben.licence_number}]}},
            {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Schedule", "id": "s", "actor": [{"reference": "urn:uuid:1"}]}},
            *({"resource": {"resourceType": "Slot", "schedule": {"reference": "urn:uuid:2"}, **slot}} for slot in slots),
        ],
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
def test_free_slots_of_a_fhir_bundle_become_extra_hours(ben, hospital, dan):
    report = hand_in(dan, json.dumps(bundle(ben, [
        {"status": "free", "start": "2031-04-05T08:00:00+07:00", "end": "2031-04-05T08:20:00+07:00"},
        {"status": "free", "start": "2031-04-05T08:20:00+07:00", "end": "2031-04-05T08:40:00+07:00"},
        {"status": "busy", "start": "2031-04-05T09:00:00+07:00", "end": "2031-04-05T09:20:00+07:00"},
        {"status": "busy-unavailable", "start": "2031-04-06T09:00:00+07:00", "end": "2031-04-06T09:20:00+07:00"},
        {"status": "free", "start": "2031-04-05T10:00:00+07:00", "end": "2031-04-05T09:00:00+07:00"},
        {"status": "sunny", "start": "2031-04-05T10:00:00+07:00", "end": "2031-04-05T11:00:00+07:00"},
        {"status": "free", "schedule": {"reference": "Schedule/other"}, "start": "2031-04-05T10:00:00+07:00",
         "end": "2031-04-05T11:00:00+07:00"},
    ])), name="x.json", kind="application/fhir+json")  # fmt: skip

    assert report["format"] == "fhir"
    assert [(one["line"], one["code"]) for one in report["problems"]] == [
        (7, "bad_hours"), (8, "bad_resource"), (9, "unknown_schedule")
    ]  # fmt: skip
    done = confirm(dan, report)
    assert done["landed"] == 2
    extra, closed = Closure.objects.order_by("during")
    assert (extra.kind, extra.starts_at, extra.ends_at, extra.grid_minutes) == (
        "extra", make.at(date(2031, 4, 5), "08:00"), make.at(date(2031, 4, 5), "08:40"), 20,
    )  # fmt: skip
    assert (closed.kind, closed.starts_at) == ("closed", make.at(date(2031, 4, 6), "09:00"))


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"resourceType":"Bundle","entry":[]}', b'{"resourceType":"Bundle","entry":[7]}']
)
def test_what_is_no_bundle_is_refused(hospital, dan, body):
    report = hand_in(dan, body, name="x.json")
    assert (report["status"], report["problems"][0]["code"]) == ("failed", "not_fhir")


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
class TestDoors:
    def test_a_form_takes_a_workbook(self, ben, hospital, dan):
        content = workbook([HEADER.split(","), [ben.licence_number, "weekly", "T2", None, time(8), time(9), 20, None]])
        assert b"\0" in content
        browser = make.page_client(dan)
        answer = browser.post("/hospital/imports/", {"file": SimpleUploadedFile("giờ làm.xlsx", content)})
        assert answer.status_code == 302, answer.content
        run = ImportRun.objects.get()
        page = browser.get(answer.headers["Location"])
        assert b"<progress" in page.content
        assert 'data-every="1"' in page.content.decode()
        run_jobs()
        page = browser.get(answer.headers["Location"]).content.decode()
        assert f"/hospital/imports/{run.pk}/confirm/" in page
        browser.post(f"/hospital/imports/{run.pk}/confirm/")
        run_jobs()
        assert Rule.objects.count() == 1
        assert "confirm" not in browser.get(answer.headers["Location"]).content.decode()

    def test_a_form_without_a_file_or_with_a_large_one_is_refused_in_words(self, hospital, dan):
        browser = make.page_client(dan)
        assert browser.post("/hospital/imports/").status_code == 422
        assert browser.post("/hospital/imports/", {"file": SimpleUploadedFile("x.csv", b"")}).status_code == 422
        large = SimpleUploadedFile("x.csv", b"x" * (sheets.MOST_BYTES + 1))
        assert browser.post("/hospital/imports/", {"file": large}).status_code == 422
        api = make.api_client(dan)
        assert (
            api.post("/api/v1/schedules/import", b"x" * (sheets.MOST_BYTES + 1), content_type="text/csv").status_code
            == 422
        )
        assert api.post("/api/v1/schedules/import", b"", content_type="text/csv").status_code == 422
        assert ImportRun.objects.count() == 0

    def test_multipart_over_the_api_is_idempotent(self, ben, hospital, dan):
        api = make.api_client(dan)
        header = {"HTTP_IDEMPOTENCY_KEY": "one"}

        def send(text):
            from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

            body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("x.csv", text)})
            return api.generic("POST", "/api/v1/schedules/import", body, MULTIPART_CONTENT, **header)

        first, again, other = send(b"a"), send(b"a"), send(b"b")
        assert (first.status_code, again.json()["id"], other.status_code) == (201, first.json()["id"], 409)
        assert ImportRun.objects.count() == 1

    def test_the_report_can_be_filtered_and_taken_along(self, ben, hospital, dan):
        rows = [f"{ben.licence_number},weekly,Funday,,08:00,09:00,,", f"{ben.licence_number},weekly,T2,,x,09:00,,"]
        report = hand_in(dan, "\n".join([HEADER, *rows]))
        browser = make.page_client(dan)
        page = browser.get(f"/hospital/imports/{report['id']}/?reason=bad_time").content.decode()
        assert '<td class="import-value">x</td>' in page
        assert "Funday</td>" not in page
        text = browser.get(f"/hospital/imports/{report['id']}/report.csv").content.decode("utf-8-sig")
        assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["2", "3"]

    def test_templates_are_read_by_the_import_itself(self, hospital, dan):
        browser = make.page_client(dan)
        for kind in ("csv", "xlsx"):
            found = read(browser.get(f"/hospital/imports/template.{kind}").content, kind=kind)
            assert [one.kind for one in found] == ["weekly", "weekly", "closed", "extra"]
        assert browser.get("/hospital/imports/template.exe").status_code == 404

    def test_another_house_and_other_roles_find_nothing(self, ben, hospital, dan, ana, eve):
        report = hand_in(dan, f"{HEADER}\n{ben.licence_number},weekly,T2,,08:00,09:00,,\n")
        other = make.make_desk(facility=make.make_facility(name="Bệnh viện Núi Tản"))
        before = (everything(), list(ImportRun.objects.values()))
        address = f"/api/v1/schedules/import/{report['id']}"
        for who, status in ((other, 404), (ben, 403), (ana, 403), (eve, 403), (None, 401)):
            api = make.api_client(who)
            assert api.get(address).status_code == status
            assert api.post(f"{address}/apply").status_code == status
        assert make.api_client(other).get("/api/v1/schedules/import").json()["results"] == []
        page = make.page_client(other)
        for path in ("", "report.csv"):
            assert page.get(f"/hospital/imports/{report['id']}/{path}").status_code == 404
        assert page.post(f"/hospital/imports/{report['id']}/confirm/").status_code == 404
        run_jobs()
        assert (everything(), list(ImportRun.objects.values())) == before

    def test_somebody_elses_doctor_is_nobody_here(self, ben, hospital, dan):
        stranger = make.make_practitioner(facility=make.make_facility(name="Bệnh viện Núi Tản"))
        report = hand_in(dan, f"{HEADER}\n{stranger.licence_number},weekly,T2,,08:00,09:00,,\n")
        assert reasons(report) == [(2, "licence_number", "unknown_licence")]

    def test_visits_leave_without_what_they_are_for(self, schedule, visit_type, ana, dan):
        ana.full_name = "=HYPERLINK(1)"
        ana.save()
        visit = stage.book(schedule, visit_type, ana, stage.at("09:00"))
        day = make.TOMORROW.isoformat()
        answer = make.page_client(dan).get(f"/hospital/exports/visits.csv?from={day}&to={day}")
        rows = answer.content.decode("utf-8-sig").splitlines()
        assert len(rows) == 2
        assert rows[1].startswith(f"{day},09:00,09:20,")
        assert "'=HYPERLINK(1)" in rows[1]
        assert visit.reason not in answer.content.decode()
        assert make.page_client(ana).get("/hospital/exports/visits.csv").status_code == 403


NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_part(name: str, content: bytes) -> bytes:
    """A workbook in which one part is another."""
    whole, made = zipfile.ZipFile(io.BytesIO(workbook([["licence_number"]]))), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in whole.namelist():
            if part != name:
                archive.writestr(part, whole.read(part))
        archive.writestr(name, content)
    return made.getvalue()


def sheet_of(rows: str) -> bytes:
    return f'<?xml version="1.0"?><worksheet xmlns="{NS}"><sheetData>{rows}</sheetData></worksheet>'.encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/worksheets/sheet1.xml", sheet_of("<row>" + "<c/>" * 60_000 + "</row>")),  # one row, all of it at once
        ("xl/worksheets/sheet1.xml", sheet_of(("<row>" + "<c/>" * 1_000 + "</row>") * 1_300)),
        ("xl/styles.xml", f'<styleSheet xmlns="{NS}"><cellXfs>{"<xf/>" * 150_000}</cellXfs></styleSheet>'.encode()),
        ("xl/sharedStrings.xml", f'<sst xmlns="{NS}">{"<si><t/></si>" * 700_000}</sst>'.encode()),
        ("xl/sharedStrings.xml", sheet_of("<row>" + "<c/>" * 60_000 + "</row>")),  # a sheet under a false name
    ],
    ids=["row", "rows", "styles", "texts", "disguised"],
)
def test_a_small_file_that_costs_much_is_refused_before_it_is_read(name, content, monkeypatch):
    packed = with_part(name, content)
    assert len(packed) < 100_000
    monkeypatch.setattr(sheets, "load_workbook", lambda *args, **kwargs: pytest.fail("it was read"))
    assert failure(packed, kind="xlsx")[0] == "file_too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_no_document_type_however_late_or_written(encoding):
    late = '<?xml version="1.0"?>' + f"<!--{'x' * 3000}-->" + '<!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    assert failure(with_part("xl/workbook.xml", late.encode(encoding)), kind="xlsx")[0] == "file_unreadable"


def test_the_largest_file_we_speak_of_is_read():
    row = "<row>" + '<c t="n"><v>1</v></c>' * 16 + "</row>"
    big = with_part("xl/worksheets/sheet1.xml", sheet_of(row * sheets.MOST_ROWS))
    first = next(sheets.read("xlsx", big))
    assert first.cells[:16] == ["1"] * 16


@pytest.mark.parametrize("text", ["\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)"])
def test_nor_by_another_sign_that_offices_take_for_one(text):
    assert sheets.safe(text) == f"'{text}"
