"""The check at the counter: what is new or graver since the doctor signed stands out, and nothing grave slips past."""

import pytest

from audit.queries import lines_about
from core.errors import NotFound
from prescriptions import actions, queries
from prescriptions.errors import NewFindings
from prescriptions.models import Acceptance, Dispense
from records import actions as records_actions
from tests.prescriptions.stage import AMOXICILLIN, handed, line, make_draft, make_held, make_visit, only_item

ALLERGY = "allergy_class:penicilin:amoxicillin"


def words(response):
    return response.content.decode()


@pytest.fixture
def allergic_afterwards(signed, ana, by_ana, now):
    """Signed without a finding; then ana remembers her penicillin."""
    records_actions.add_allergy(person_id=ana.id, substance="Penicilin", by=by_ana, now=now)
    return signed


@pytest.fixture
def allergic_before(ana, ben, by_ana, by_ben, now):
    """The doctor knew, and signed all the same."""
    records_actions.add_allergy(person_id=ana.id, substance="Penicilin", by=by_ana, now=now)
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(AMOXICILLIN)])
    given = [{"finding": ALLERGY, "reason": "tolerated_before", "note": "năm 2030"}]
    return actions.sign(prescription_id=begun.id, overrides=given, by=by_ben, now=now)


def test_something_grave_and_new_is_not_handed_out_unseen(allergic_afterwards, cara, by_cara, now):
    secret = make_held(prescription=allergic_afterwards, pharmacist=cara)
    item = only_item(allergic_afterwards)
    wish = {"prescription_id": allergic_afterwards.id, "secret": secret, "items": [handed(item, 7)], "by": by_cara}
    for seen in ([], ["interaction:8:a:b"]):
        with pytest.raises(NewFindings) as refusal:
            actions.dispense(**wish, seen=seen, now=now)
        assert refusal.value.fields == {"seen": [ALLERGY]}
    assert (only_item(allergic_afterwards).dispensed_quantity, Dispense.objects.count()) == (0, 0)
    actions.dispense(**wish, seen=[ALLERGY], now=now)
    assert only_item(allergic_afterwards).dispensed_quantity == 7
    assert Acceptance.objects.get().seen_findings == [ALLERGY]
    actions.dispense(**wish, now=now)  # answered for once, while this pharmacy has it in hand
    assert only_item(allergic_afterwards).dispensed_quantity == 14
    told = lines_about(allergic_afterwards.person_id).filter(action="prescription.dispense").first()
    assert told.detail["past_findings"] == 1


def test_another_pharmacy_answers_for_itself(allergic_afterwards, cara, hoa, by_cara, now):
    from tests.make import actor_for

    secret = make_held(prescription=allergic_afterwards, pharmacist=cara)
    given = [handed(only_item(allergic_afterwards), 7)]
    key = allergic_afterwards.id
    actions.dispense(prescription_id=key, secret=secret, items=given, seen=[ALLERGY], by=by_cara, now=now)
    actions.return_(prescription_id=key, reason="out_of_stock", by=by_cara, now=now)
    secret = make_held(prescription=allergic_afterwards, pharmacist=hoa)
    with pytest.raises(NewFindings):
        actions.dispense(prescription_id=key, secret=secret, items=given, by=actor_for(hoa), now=now)
    assert only_item(allergic_afterwards).dispensed_quantity == 7


def test_what_the_doctor_answered_for_is_no_news(allergic_before, cara, by_cara, cara_api, cara_browser, now):
    secret = make_held(prescription=allergic_before, pharmacist=cara)
    checked = actions.check(prescription_id=allergic_before.id, by=by_cara, now=now)
    assert ([one.key for one in checked.findings], checked.new) == ([ALLERGY], [])
    told = cara_api.post(f"/api/v1/prescriptions/{allergic_before.id}/check").json()["findings"]
    assert [one["is_known"] for one in told] == [True]
    page = words(cara_browser.get(f"/pharmacy/prescriptions/{allergic_before.id}/"))
    assert 'name="seen"' not in page
    assert "1 cảnh báo bác sĩ đã biết khi ký" in page
    assert "năm 2030" in page
    given = [handed(only_item(allergic_before), 14)]
    actions.dispense(prescription_id=allergic_before.id, secret=secret, items=given, by=by_cara, now=now)
    assert only_item(allergic_before).dispensed_quantity == 14


def test_a_finding_that_has_become_graver_is_news(signed, ben, by_cara, cara, now):
    """A cross-reaction warned of at signing; now the record names the drug itself."""
    make_held(prescription=signed, pharmacist=cara)
    signed.found_at_signing = [{"finding": ALLERGY, "grade": "warn"}]
    signed.save(update_fields=["found_at_signing"])
    records_actions.add_allergy(person_id=signed.person_id, substance="Penicilin", by=_by(ben), now=now)
    checked = actions.check(prescription_id=signed.id, by=by_cara, now=now)
    assert [one.key for one in checked.new] == [ALLERGY]


def test_the_page_shows_what_is_new_with_reason_and_source_and_takes_the_word(allergic_afterwards, cara, cara_browser):
    make_held(prescription=allergic_afterwards, pharmacist=cara)
    at = f"/pharmacy/prescriptions/{allergic_afterwards.id}/"
    page = words(cara_browser.get(at))
    assert f'name="seen" value="{ALLERGY}"' in page
    assert "Nguồn: hồ sơ của người bệnh" in page
    item = only_item(allergic_afterwards)
    form = {f"was-{item.id}": "0", f"quantity-{item.id}": "14", f"lot-{item.id}": "A1", "then": "finish"}
    refused = cara_browser.post(f"{at}dispense/", form)
    assert "Có vấn đề nghiêm trọng mới sau khi bác sĩ ký" in words(refused)
    assert not Dispense.objects.exists()
    assert cara_browser.post(f"{at}dispense/", {**form, "seen": ALLERGY}).status_code == 302
    assert only_item(allergic_afterwards).dispensed_quantity == 14


def test_the_api_takes_the_word_too(allergic_afterwards, cara, cara_api):
    secret = make_held(prescription=allergic_afterwards, pharmacist=cara)
    item = str(only_item(allergic_afterwards).id)
    body = {"secret": secret, "items": [{"item": item, "quantity": 14, "lot": "A"}]}
    at = f"/api/v1/dispensing/{allergic_afterwards.id}/dispense"
    refused = cara_api.post(at, body)
    assert (refused.status_code, refused.json()["code"], refused.json()["errors"]) == (
        409,
        "new_findings",
        {"seen": [ALLERGY]},
    )
    assert cara_api.post(at, {**body, "seen": [ALLERGY]}).status_code == 200


def test_others_see_nothing_of_the_check(allergic_afterwards, by_eve, by_dan, hoa, eve_api, now):
    from tests.make import actor_for

    for by in (by_eve, by_dan, actor_for(hoa)):
        with pytest.raises(NotFound):
            actions.check(prescription_id=allergic_afterwards.id, by=by, now=now)
    answer = eve_api.post(f"/api/v1/prescriptions/{allergic_afterwards.id}/check")
    assert answer.status_code in (403, 404)
    assert "Penicilin" not in answer.content.decode()


def test_overrides_are_counted_by_rule_practitioner_and_month(allergic_before, ben, hospital, now):
    from datetime import timedelta

    [one] = queries.overrides_by_rule(now - timedelta(days=40), now + timedelta(days=1))
    assert (one.month, one.practitioner_id, one.practitioner) == (now.date().replace(day=1), ben.id, ben.display_name)
    assert (one.kind, one.rule, one.reason, one.times) == (
        "allergy_class",
        "allergy_class:penicilin",
        "tolerated_before",
        1,
    )
    assert one.rules_version == "classes-2026.1"
    assert queries.overrides_by_rule(now - timedelta(days=40), now) == []
    elsewhere = allergic_before.person_id  # no facility
    assert queries.overrides_by_rule(now - timedelta(days=40), now + timedelta(days=1), facility_id=elsewhere) == []


def _by(practitioner):
    from tests.make import actor_for

    return actor_for(practitioner)
