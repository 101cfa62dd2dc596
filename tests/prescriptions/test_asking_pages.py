"""The pages and doors of "who has it", as a browser without script and as an app use them."""

from __future__ import annotations

from datetime import timedelta

from prescriptions.models import AnswerRule, Inquiry, PharmacyAnswer, Reservation
from tests.jobs import run_jobs
from tests.prescriptions.test_asking import HOME, answer_of, ask, say


def words(response):
    return response.content.decode()


def test_from_the_question_to_the_counter(signed, ana, pharmacy, cara, by_ana, ana_browser, cara_browser, eve_browser):
    at = f"/prescriptions/{signed.id}/who-has-it/"
    assert "Amoxicilin" in words(ana_browser.get(at))
    assert eve_browser.get(at).status_code == 404
    assert eve_browser.post(at, {"province": "01"}).status_code == 404
    ana_browser.post(at, {"province": "79"})
    assert not Inquiry.objects.exists()  # nobody there to ask
    ana_browser.post(at, {"near": "21.03,105.85", "radius": "5"})
    inquiry = Inquiry.objects.get()
    asked = words(cara_browser.get("/pharmacy/asked/"))
    assert "Amoxicilin" in asked and "cách không quá 2 km" in asked
    for secret in (ana.full_name, signed.code, str(signed.id), str(inquiry.id)):
        assert secret not in asked
    answer = answer_of(inquiry, pharmacy)
    line = inquiry.lines.get()
    form = {"answer": str(answer.id), f"quantity-{line.id}": "14", f"price-{line.id}": "1.000đ", "ready_in": "15"}
    refused = cara_browser.post("/pharmacy/asked/answer/", form)
    assert refused.status_code == 422
    assert 'value="14"' in words(refused)
    assert PharmacyAnswer.objects.get(id=answer.id).said == "nothing"
    cara_browser.post("/pharmacy/asked/answer/", form | {f"price-{line.id}": "1.000"})
    compared = words(ana_browser.get(at))
    assert "14.000 ₫" in compared and "Giữ thuốc ở đây" in compared
    assert eve_browser.post(f"{at}reserve/", {"answer": str(answer.id)}).status_code == 404
    assert not Reservation.objects.exists()
    ana_browser.post(f"{at}reserve/", {"answer": str(answer.id)})
    kept = Reservation.objects.get()
    assert "Đang giữ cho bạn tại Nhà thuốc Bình Minh" in words(ana_browser.get(at))
    assert "Đang giữ cho bạn" in words(ana_browser.get(f"/prescriptions/{signed.id}/"))
    assert ana.full_name in words(cara_browser.get("/pharmacy/asked/"))
    assert ana.full_name in words(cara_browser.get("/pharmacy/"))
    ana_browser.post(f"{at}take-back/", {"reservation": str(kept.id)})
    run_jobs()
    assert ana.full_name not in words(cara_browser.get("/pharmacy/"))
    assert cara_browser.get(f"/pharmacy/prescriptions/{signed.id}/").status_code == 404


def test_the_same_over_the_contract(signed, pharmacy, cara, ana_api, cara_api, eve_api, now):
    path = f"/api/v1/prescriptions/{signed.id}/inquiries"
    assert eve_api.post(path, {"province": "01"}).status_code == 404
    assert ana_api.post(path, {"latitude": 21.03}).status_code == 422
    made = ana_api.post(path, {"latitude": HOME[0], "longitude": HOME[1], "radius_km": 2}).json()
    assert (made["waiting"], made["answers"]) == (1, [])
    (here,) = cara_api.get("/api/v1/dispensing/inquiries").json()["results"]
    assert here["distance"] == "2"
    assert set(here) == {
        "id", "asked_at", "closes_at", "distance", "said", "automatic", "ready_at", "lines",
    }  # fmt: skip
    ready = (now + timedelta(minutes=20)).isoformat()
    wish = {"lines": [{"line": here["lines"][0]["id"], "quantity": 10, "unit_price": 1200}], "ready_at": ready}
    door = f"/api/v1/dispensing/inquiries/{here['id']}"
    assert ana_api.post(f"{door}/answer", wish).status_code == 403
    assert cara_api.post(f"{door}/answer", wish).json()["said"] == "has"
    assert eve_api.get(f"/api/v1/inquiries/{made['id']}").status_code == 404
    (said,) = ana_api.get(f"/api/v1/inquiries/{made['id']}?order=near").json()["answers"]
    assert (said["total"], said["has_all"]) == ({"amount": 12_000, "currency": "VND"}, False)
    assert eve_api.post(f"/api/v1/inquiry-answers/{here['id']}/reserve", {}).status_code == 404
    kept = ana_api.post(f"/api/v1/inquiry-answers/{here['id']}/reserve", {})
    assert kept.status_code == 201
    assert kept.json()["total"]["amount"] == 12_000
    assert cara_api.post(f"{door}/refuse", {}).json()["code"] == "already_reserved"
    (shown,) = cara_api.get("/api/v1/dispensing/reservations").json()["results"]
    assert shown["prescription"] == str(signed.id)
    over = ana_api.post(f"/api/v1/reservations/{kept.json()['id']}/take-back", {}).json()
    assert over["ending"] == "taken_back"
    # 4 of the 14 were never promised, so the question stays open.
    assert ana_api.post(f"/api/v1/inquiries/{made['id']}/withdraw", {}).json()["ending"] == "withdrawn"


def test_how_questions_are_answered_is_the_pharmacys_choice(cara_browser, pharmacy, cara):
    cara_browser.post("/pharmacy/asked/rule/", {"automatic": "on", "ready_in": "45"})
    rule = AnswerRule.objects.get()
    assert (rule.automatic, rule.ready_in_minutes) == (True, 45)
    cara_browser.post("/pharmacy/asked/rule/", {"ready_in": "1"})
    assert AnswerRule.objects.get().automatic is True
    cara_browser.post("/pharmacy/asked/rule/", {"ready_in": "60"})
    assert AnswerRule.objects.get().automatic is False


def test_who_hears_what(signed, ana, pharmacy, cara, by_ana, by_cara, now):
    from notifications.models import Message
    from realtime.models import StreamEntry

    inquiry = ask(signed, by_ana, now)
    run_jobs()
    news = StreamEntry.objects.filter(user_id=cara.user_id).values_list("kind", "subject")
    assert list(news) == [("inquiry.asked", f"inquiry:{inquiry.id}")]  # neither the person nor the prescription
    say(answer_of(inquiry, pharmacy), by_cara, now, 1000)
    say(answer_of(inquiry, pharmacy), by_cara, now, 900)
    run_jobs()
    assert Message.objects.filter(recipient=ana.user, kind="pharmacy_has_it").count() == 1
    from prescriptions import actions

    actions.reserve(answer_id=answer_of(inquiry, pharmacy).id, by=by_ana, now=now)
    run_jobs()
    assert Message.objects.filter(recipient=cara.user, kind="reservation_made").count() == 1
