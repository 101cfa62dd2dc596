"""The operator's door to rule sets: upload, look, put in force, end; and nobody else's."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from prescriptions import queries
from prescriptions.models import RulePair, RuleSet
from tests import make

AT = "/admin/prescriptions/ruleset/"
HEAD = "stt,hoat_chat_1,hoat_chat_2,co_che,hau_qua,xu_tri\n"
GOOD = HEAD + "7,Amoxicilin,Ibuprofen,Cơ chế,Hậu quả,Xử trí\n8,Amoxicilin,,,,\n"


@pytest.fixture
def browser(db):
    from identity.models import User

    operator = User.objects.create_user(
        email="van.hanh@example.vn", password="x", name="Vận hành", is_staff=True, is_superuser=True
    )
    return make.page_client(operator)


def form(content=GOOD, **values):
    file = SimpleUploadedFile("pairs.csv", content.encode(), "text/csv")
    days = {"version": "5948/2021", "source": "QĐ 5948/QĐ-BYT", "valid_from": "2022-01-01", "valid_to": ""}
    return days | {"file": file} | values


def words(answer):
    return answer.content.decode()


def act(browser, action, *rows):
    return browser.post(AT, {"action": action, "_selected_action": [str(one.pk) for one in rows]}, follow=True)


def test_upload_look_put_in_force_end(browser):
    assert browser.get(f"{AT}add/").status_code == 200
    said = words(browser.post(f"{AT}add/", form(), follow=True))
    assert "2 dòng đã đọc: 1 cặp, 1 bị bỏ" in said
    [made] = RuleSet.objects.all()
    assert (made.in_force_at, made.file_name) == (None, "pairs.csv")
    page = words(browser.get(f"{AT}{made.pk}/change/"))
    assert "hoat_chat_2" in page
    assert "Để trống." in page
    assert len(queries.rules_on(date(2030, 1, 1)).every_pair) == 1167
    act(browser, "put_in_force", made)
    assert len(queries.rules_on(date(2030, 1, 1)).every_pair) == 1168
    assert "đang có hiệu lực" in words(act(browser, "throw_away", made))
    assert RuleSet.objects.count() == 1
    browser.post(f"{AT}{made.pk}/change/", {"valid_to": "2024-12-31"})
    assert len(queries.rules_on(date(2030, 1, 1)).every_pair) == 1167
    assert len(queries.rules_on(date(2024, 12, 31)).every_pair) == 1168


def test_what_never_counted_can_be_thrown_away(browser):
    browser.post(f"{AT}add/", form())
    act(browser, "throw_away", RuleSet.objects.get())
    assert (RuleSet.objects.count(), RulePair.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"content": "a,b\n1,2\n"}, "Thiếu cột"),
        ({"content": HEAD}, "không có dòng nào"),
        ({"valid_to": "2021-01-01"}, "không thể kết thúc trước khi bắt đầu"),
    ],
)
def test_a_bad_upload_is_refused_in_words_and_nothing_changes(browser, values, said):
    answer = browser.post(f"{AT}add/", form(**values), follow=True)
    assert answer.status_code == 200
    assert said in words(answer)
    assert not RuleSet.objects.exists()


def test_others_do_not_come_in(ana, ben, cara, dan):
    for who in (ana, ben, cara, dan):
        browser = make.page_client(who)
        assert browser.get(AT, follow=True).status_code == 403
        assert browser.post(f"{AT}add/", form()).status_code in (302, 403)
    assert Client().post(f"{AT}add/", form()).status_code == 302
    assert not RuleSet.objects.exists()
