"""Opening without two typed codes, codes by SMS, and the day of somebody who takes medicines."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time, timedelta

import pytest
import segno
from PIL import Image

from core.actor import Actor
from core.errors import NotFound, WrongRole
from identity.models import Person
from notifications.models import Attempt, Message
from prescriptions import access, actions, codes, queries
from prescriptions.actions.at_counter import code_of
from prescriptions.days import due_between, is_quiet, is_taken_on, slots_of
from prescriptions.errors import (
    BadDoseTimes,
    NoPhone,
    NotANationalId,
    NotAPicture,
    SentEnough,
    TooManyAttempts,
    WrongCounterCode,
)
from prescriptions.models import CounterCode, DoseReminder, Presentation
from prescriptions.scanning import codes_in_picture
from prescriptions.tasks import tell_of_doses
from tests import make
from tests.jobs import run_jobs
from tests.prescriptions import stage
from tests.prescriptions.stage import codes_of, handed, line, make_held, make_signed

ID = "001190012345"
TIMES = {"morning": time(7), "noon": time(12), "evening": time(18), "night": time(21, 30)}


def sms_to(phone, kind="counter_code"):
    rows = Attempt.objects.filter(carrier="sms", to=phone, kind=kind).order_by("created_at")
    return list(rows.values_list("body", flat=True))


@pytest.fixture
def known(ana):
    Person.objects.filter(id=ana.id).update(national_id=ID)
    ana.refresh_from_db()
    return ana


# ---- by ID number and one-time code


def test_the_code_on_the_phone_opens_what_may_be_collected(known, signed, pharmacy, hoa, by_cara, now):
    actions.ask_for_counter_code(national_id=ID, by=by_cara, now=now)
    run_jobs()
    code = next(
        word for word in sms_to(known.user.phone)[-1].replace(",", " ").split() if len(word) == 6 and word.isdigit()
    )
    with pytest.raises(WrongCounterCode):  # another counter cannot use it
        actions.open_by_counter_code(national_id=ID, code=code, by=make.actor_for(hoa), now=now)
    assert actions.open_by_counter_code(national_id=ID, code=code, by=by_cara, now=now) == [signed]
    assert access.get_prescription(by_cara, signed.id, now).id == signed.id
    with pytest.raises(WrongCounterCode):  # once
        actions.open_by_counter_code(national_id=ID, code=code, by=by_cara, now=now)
    assert Presentation.objects.count() == 1


def test_nothing_tells_whether_a_number_is_known(known, signed, by_cara, by_ana, now):
    for national_id in (ID, "001190099999"):
        assert actions.ask_for_counter_code(national_id=national_id, by=by_cara, now=now) is None
    for bad in ("", "12345678901", "12345678901x", "1234567890123"):
        with pytest.raises(NotANationalId):
            actions.ask_for_counter_code(national_id=bad, by=by_cara, now=now)
    with pytest.raises(WrongRole):
        actions.ask_for_counter_code(national_id=ID, by=by_ana, now=now)
    run_jobs()
    assert len(sms_to(known.user.phone)) == 1
    for _more in range(5):
        actions.ask_for_counter_code(national_id=ID, by=by_cara, now=now)
    run_jobs()
    assert len(sms_to(known.user.phone)) == 3  # nobody's phone is flooded, and the counter does not learn of it
    for _more in range(23):
        actions.ask_for_counter_code(national_id="001190099999", by=by_cara, now=now)
    with pytest.raises(SentEnough):
        actions.ask_for_counter_code(national_id=ID, by=by_cara, now=now)


def test_wrong_and_old_codes_open_nothing_and_slow_down(known, signed, by_cara, now):
    actions.ask_for_counter_code(national_id=ID, by=by_cara, now=now)
    one = CounterCode.objects.get()
    right = code_of(one)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    with pytest.raises(WrongCounterCode):
        actions.open_by_counter_code(national_id=ID, code=right, by=by_cara, now=now + timedelta(minutes=10))
    for _try in range(4):
        with pytest.raises(WrongCounterCode):
            actions.open_by_counter_code(national_id=ID, code=wrong, by=by_cara, now=now)
    with pytest.raises(TooManyAttempts):
        actions.open_by_counter_code(national_id=ID, code=right, by=by_cara, now=now + timedelta(seconds=30))
    assert not Presentation.objects.exists()
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now)


def test_the_page_of_the_id_number(known, signed, cara_browser, ana_browser, now):
    assert ana_browser.get("/pharmacy/by-id/").status_code == 403
    asked = cara_browser.post("/pharmacy/by-id/", {"national_id": ID, "then": "send"}).content.decode()
    assert "mã sáu chữ số" in asked
    assert known.full_name not in asked
    right = code_of(CounterCode.objects.get())
    form = {"national_id": ID, "then": "open", "code": f"{right[:3]} {right[3:]}"}
    assert str(signed.id) in cara_browser.post("/pharmacy/by-id/", form).content.decode()
    assert cara_browser.post("/pharmacy/by-id/", form).status_code == 422


# ---- a photo


def picture_of(text, form="PNG"):
    out = io.BytesIO()
    segno.make(text).save(out, kind="png", scale=5)
    image = Image.open(out).convert("RGB").rotate(7, expand=True, fillcolor="white")
    canvas = Image.new("RGB", (900, 700), "#888")
    canvas.paste(image, (200, 150))
    saved = io.BytesIO()
    canvas.save(saved, form)
    return saved.getvalue()


def test_a_photo_of_the_qr_code_is_read(signed, cara_browser, ana_browser):
    shown = codes_of(signed)
    text = codes.payload(shown["code"], shown["access_code"])
    for form in ("PNG", "JPEG", "WEBP"):
        assert codes_in_picture(picture_of(text, form)) == text
    blank = io.BytesIO()
    Image.new("L", (300, 300), 255).save(blank, "PNG")
    assert codes_in_picture(blank.getvalue()) == ""
    for bad in (b"", b"not a picture", picture_of(text)[:500], b"GIF89a" + b"\0" * 50):
        with pytest.raises(NotAPicture):
            codes_in_picture(bad)
    sent = io.BytesIO(picture_of(text))
    sent.name = "scan.png"
    assert cara_browser.post("/pharmacy/scan/", {"picture": sent}).json() == {"text": text}
    assert cara_browser.post("/pharmacy/scan/").status_code == 422
    assert ana_browser.post("/pharmacy/scan/").status_code == 403


# ---- codes by SMS


def test_both_codes_go_to_the_persons_own_phone(signed, ana, by_ana, by_eve, by_cara, now, ana_browser):
    for by in (by_eve, by_cara):
        with pytest.raises(NotFound):
            actions.send_codes(prescription_id=signed.id, by=by, now=now)
    assert actions.send_codes(prescription_id=signed.id, by=by_ana, now=now) == ana.user.phone[-3:]
    run_jobs()
    shown = codes_of(signed)
    body = sms_to(ana.user.phone, "prescription_codes")[-1]
    assert signed.code in body and f"{shown['access_code'][:4]} {shown['access_code'][4:]}" in body
    assert "moxicil" not in body
    ana_browser.post(f"/prescriptions/{signed.id}/sms/")
    actions.send_codes(prescription_id=signed.id, by=by_ana, now=now)
    with pytest.raises(SentEnough):
        actions.send_codes(prescription_id=signed.id, by=by_ana, now=now)


def test_who_has_no_account_gets_the_codes_by_themselves(ben, now):
    person = make.make_person(full_name="Lò Thị Mỷ", user=None, phone="+84912345678")
    signed = make_signed(person=person, practitioner=ben)
    run_jobs()
    (body,) = sms_to("+84912345678", "prescription_codes")
    assert signed.code in body
    silent = make.make_person(full_name="Vàng A Pao", user=None, phone="")
    other = make_signed(person=silent, practitioner=ben)
    run_jobs()
    with pytest.raises(NoPhone):
        actions.send_codes(prescription_id=other.id, by=Actor.system("test"), now=now)


# ---- the day


@pytest.mark.parametrize(
    ("times", "instruction", "slots"),
    [
        (1, "", "morning"),
        (1, "Uống buổi tối.", "evening"),
        (1, "Trước khi ngủ", "night"),
        (1, "uống trưa, sau ăn", "noon"),
        (1, "Uống trước bữa sáng 30 phút.", "morning"),
        (2, "", "morning evening"),
        (2, "sáng, trưa", "morning noon"),
        (2, "Uống sau ăn", "morning evening"),
        (3, "", "morning noon evening"),
        (3, "sáng trưa", "morning noon evening"),  # two words for three doses say nothing
        (4, "", "morning noon evening night"),
        (6, "", ""),
        (1, "at bedtime", "night"),
    ],
)
def test_doses_fall_into_parts_of_the_day(times, instruction, slots):
    assert slots_of(times, instruction) == tuple(slots.split())


@pytest.mark.parametrize(
    ("at", "quiet"), [(time(22), True), (time(5, 59), True), (time(6), False), (time(21, 59), False), (time(0), True)]
)
def test_quiet_hours_go_over_midnight(at, quiet):
    assert is_quiet(at, time(22), time(6)) is quiet
    assert not is_quiet(at, time(6), time(6))


def test_what_is_due_is_found_once():
    # 07:00 in Vietnam is 00:00 UTC.
    midnight = datetime(2031, 3, 26, 0, 0, tzinfo=UTC)
    found = [
        due_between(TIMES, midnight + timedelta(minutes=m - 5), midnight + timedelta(minutes=m), "Asia/Ho_Chi_Minh")
        for m in range(-10, 20, 5)
    ]
    assert [one for some in found for one in some] == [(date(2031, 3, 26), "morning")]
    a_day = due_between(TIMES, midnight - timedelta(hours=7), midnight + timedelta(hours=17), "Asia/Ho_Chi_Minh")
    assert [slot for _day, slot in a_day] == ["morning", "noon", "evening", "night"]
    assert is_taken_on(date(2031, 4, 1), date(2031, 3, 26), 7)
    assert not is_taken_on(date(2031, 4, 2), date(2031, 3, 26), 7)


@pytest.fixture
def taken(ana, ben, cara, by_cara, now):
    """Amoxicillin twice a day for a week, paracetamol before sleep for three days; handed out today at 14:00."""
    lines = [line(), line(stage.PARACETAMOL, "1", 1, 3, instruction="Trước khi ngủ")]
    prescription = make_signed(person=ana, practitioner=ben, items=lines)
    secret = make_held(prescription=prescription, pharmacist=cara)
    given = [handed(item, item.total) for item in prescription.items.all()]
    actions.dispense(prescription_id=prescription.id, secret=secret, items=given, by=by_cara, now=now)
    actions.complete(prescription_id=prescription.id, secret=secret, by=by_cara, now=now)
    return prescription


def test_reminders_are_turned_on_and_off_and_keep_quiet(taken, ana, by_ana, by_eve, by_cara, now, ana_browser):
    for by in (by_eve, by_cara):
        with pytest.raises(NotFound):
            actions.remind_of_doses(prescription_id=taken.id, wanted=True, by=by, now=now)
    assert not DoseReminder.objects.exists()

    def told_at(hour, minute=0, day=25):
        moment = datetime(2031, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)
        tell_of_doses(timestamp=int(moment.timestamp()))
        tell_of_doses(timestamp=int(moment.timestamp()) + 300)
        run_jobs()
        told = Message.objects.filter(kind="dose_reminder").values_list("params__slot", flat=True)
        return sorted(told)

    assert told_at(18) == []
    ana_browser.post(f"/prescriptions/{taken.id}/remind/", {"wanted": "yes"})
    assert told_at(17, 30) == []
    assert told_at(18) == ["evening"]
    assert told_at(21, 30) == ["evening", "night"]
    assert told_at(7, day=26) == ["evening", "morning", "night"]
    assert told_at(21, 30, day=28) == ["evening", "morning", "night"]  # paracetamol for three days only
    quiet = dict(TIMES, quiet_from=time(20), quiet_to=time(8))
    actions.set_dose_times(times=quiet, by=by_ana, now=now)
    assert told_at(7, day=27) == ["evening", "morning", "night"]  # asleep
    assert told_at(18, day=27) == ["evening", "evening", "morning", "night"]
    with pytest.raises(BadDoseTimes):
        actions.set_dose_times(times=quiet | {"noon": time(6)}, by=by_ana, now=now)
    ana_browser.post(f"/prescriptions/{taken.id}/remind/", {"wanted": "no"})
    assert told_at(18, day=28) == ["evening", "evening", "morning", "night"]
    message = Message.objects.filter(kind="dose_reminder").first()
    assert message.recipient_id == ana.user_id and message.audience == "citizen"


def test_the_day_of_the_family(taken, ana, child, ben, by_ana, now, ana_browser, eve_browser):
    (day,) = queries.days_of_people([ana, child], now)
    assert [(part.slot, len(part.lines)) for part in day.parts] == [("morning", 1), ("evening", 1), ("night", 1)]
    assert day.last_day == date(2031, 3, 31)
    assert queries.days_of_people([ana], now + timedelta(days=7)) == []
    page = ana_browser.get("/prescriptions/day/").content.decode()
    assert "Amoxicilin" in page and "trước khi ngủ" in page
    assert "Amoxicilin" not in eve_browser.get("/prescriptions/day/").content.decode()
    form = {name: f"{at:%H:%M}" for name, at in TIMES.items()} | {"quiet_from": "21:00", "quiet_to": "06:30"}
    assert ana_browser.post("/prescriptions/day/times/", form | {"noon": "soon"}).status_code == 302
    assert queries.dose_times_of(by_ana.user_id).quiet_to == time(6)
    ana_browser.post("/prescriptions/day/times/", form)
    assert queries.dose_times_of(by_ana.user_id).quiet_to == time(6, 30)
