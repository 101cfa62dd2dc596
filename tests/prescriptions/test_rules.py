"""Rule sets: a list read row by row, put in force, chosen by the day of the visit, named by every finding."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from core.actor import Actor
from core.errors import WrongRole
from prescriptions import actions, rule_files
from prescriptions.errors import RuleFileUnreadable, RulesGiven, RulesInForce, RulesOverlap, RulesUnknownTime
from prescriptions.ingredients import key_of
from prescriptions.models import Override, RulePair, RuleSet
from tests.prescriptions.stage import AMOXICILLIN, IBUPROFEN, PARACETAMOL, line, make_draft, make_visit

HEAD = "stt,hoat_chat_1,hoat_chat_2,co_che,hau_qua,xu_tri\n"
OPERATOR = Actor("operator", name="Vận hành")
# Nothing in the built-in list says anything about these two, so that a hit can only come from the file.
PAIR = "7,Amoxicilin,Ibuprofen,Cơ chế thử,Hậu quả thử,Xử trí thử\n"


def text(*rows):
    return (HEAD + "".join(rows)).encode()


def put_in_force(now, *rows, version="1/2030", source="Danh mục thử", valid_from=date(2000, 1, 1), valid_to=None):
    imported = actions.import_rules(
        content=text(*(rows or (PAIR,))),
        file_name="pairs.csv",
        version=version,
        source=source,
        valid_from=valid_from,
        valid_to=valid_to,
        by=OPERATOR,
        now=now,
    )
    return actions.confirm_rules(rule_set_id=imported.rule_set.id, by=OPERATOR, now=now)


# ---- reading


def test_a_row_is_two_sides_with_their_texts():
    read = rule_files.read(text("1,Aspirin,Cephalexin,a,b,c\n"))
    [one] = read.pairs
    assert (one.number, one.a.keys, one.b.keys) == (1, {key_of("acetylsalicylic acid")}, {key_of("cefalexin")})
    assert (one.mechanism, one.consequence, one.handling) == ("a", "b", "c")
    assert (read.rows, read.remarks) == (1, [])


@pytest.mark.parametrize(
    ("row", "field", "taken"),
    [
        ("x,Aspirin,Ketorolac,,,\n", "stt", False),
        ("1,,Ketorolac,,,\n", "hoat_chat_1", False),
        ("1,Aspirin,   ,,,\n", "hoat_chat_2", False),
        (f"1,{'a' * 121},Ketorolac,,,\n", "hoat_chat_1", False),
        (f"1,Aspirin,Ketorolac,{'b' * 4001},,\n", "co_che", False),
        ("1,Aspirin,Acid acetylsalicylic,,,\n", "hoat_chat_2", False),  # one ingredient under two names
        ("1,Aspirin,Thuốc ức chế men XYZ,,,\n", "hoat_chat_2", False),
        ("1,Dung dịch chứa calci,Ceftriaxon,,,\n", "hoat_chat_1", False),
        ("1,+,Ceftriaxon,,,\n", "hoat_chat_1", False),
        ("1,Simvastatin (trên 20 mg),Amlodipin,,,\n", "hoat_chat_1", True),
        ("1,Aspirin,Ketorolac,,,,một ô nữa\n", "", False),
    ],
)
def test_a_bad_row_is_named_by_line_and_field_and_the_others_are_taken(row, field, taken):
    read = rule_files.read(text("5,Aspirin,Warfarin,,,\n", row))
    assert [(one.line, one.field, one.taken) for one in read.remarks] == [(3, field, taken)]
    assert all(one.reason for one in read.remarks)
    assert len(read.pairs) == 1 + taken


def test_a_pair_said_twice_is_reported_once_and_kept_once():
    rows = ("321,Ephedrin,Xanh methylen,,,\n", "322,Xanh methylen,Ephedrin,,,\n")
    read = rule_files.read(text(*rows))
    assert len(read.pairs) == 1
    assert [(one.line, one.taken) for one in read.remarks] == [(3, True)]
    assert "321" in read.remarks[0].reason
    assert read.left_out == []


def test_a_cell_may_name_a_combination_several_drugs_or_a_class():
    read = rule_files.read(
        text(
            "1,Atazanavir/ritonavir,Midazolam,,,\n",
            '2,"Aspirin, Naproxen hoặc Ketorolac",Warfarin,,,\n',
            "3,Nhóm statin,Gemfibrozil,,,\n",
        )
    )
    assert [len(one.a.keys) for one in read.pairs] == [2, 1, 1, 1, 0]
    assert [one.number for one in read.pairs] == [1, 2, 2, 2, 3]
    assert read.pairs[4].a.atc == ("C10AA",)
    assert read.remarks == []


def test_a_name_outside_the_catalogue_is_taken_and_remarked_on():
    read = rule_files.read(text("1,Aspirin,Zaltoprofen,,,\n"), frozenset({key_of("aspirin")}))
    assert [(one.field, one.taken) for one in read.remarks] == [("hoat_chat_2", True)]
    assert len(read.pairs) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        HEAD.encode(),
        "stt,hoat_chat_1,hoat_chat_2\n1,ấ,b".encode("utf-16"),
        b"\xff\xfe\x00",
        (HEAD + '1,"a').encode(),
        HEAD.encode() + b"1,a\x00,b,,,\n",
        b"x" * 2_000_001,
    ],
    ids=["nothing", "other columns", "no rows", "utf-16", "bytes", "open quote", "a zero byte", "too large"],
)
def test_what_is_no_such_file_is_refused_in_words(db, content):
    with pytest.raises(RuleFileUnreadable) as refusal:
        actions.look_at_rules(content=content, by=OPERATOR)
    assert str(refusal.value.detail)


# ---- into the database


def test_a_list_counts_once_it_is_confirmed(ana, ben, by_ben, now):
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(AMOXICILLIN), line(IBUPROFEN)])

    def kinds():
        return [one.kind for one in actions.check(prescription_id=begun.id, by=by_ben, now=now).findings]

    imported = actions.import_rules(
        content=text(PAIR),
        file_name="p.csv",
        version="1/2030",
        source="Danh mục thử",
        valid_from=date(2000, 1, 1),
        by=OPERATOR,
        now=now,
    )
    assert kinds() == []
    actions.confirm_rules(rule_set_id=imported.rule_set.id, by=OPERATOR, now=now)
    assert kinds() == ["interaction"]


def test_reading_and_confirming_again_change_nothing(db, now):
    first = put_in_force(now)
    again = put_in_force(now + timedelta(days=1))
    assert (again.id, again.in_force_at) == (first.id, first.in_force_at)
    assert (RuleSet.objects.count(), RulePair.objects.count()) == (1, 1)


def test_a_version_is_one_file(db, now):
    put_in_force(now)
    with pytest.raises(RulesGiven):
        put_in_force(now, PAIR, "8,Paracetamol,Ibuprofen,,,\n")
    assert RulePair.objects.count() == 1


def test_a_new_version_ends_the_one_before_it_the_day_before(db, now):
    first = put_in_force(now, valid_from=date(2022, 1, 1))
    put_in_force(now, version="2/2031", valid_from=date(2031, 1, 1))
    first.refresh_from_db()
    assert first.valid_to == date(2030, 12, 31)
    with pytest.raises(RulesOverlap):
        put_in_force(now, version="0/2021", valid_from=date(2021, 1, 1))
    assert set(RuleSet.objects.filter(in_force_at__isnull=False).values_list("version", flat=True)) == {
        "1/2030",
        "2/2031",
    }


def test_the_database_itself_holds_one_version_a_day(db, now):
    first = put_in_force(now, valid_from=date(2022, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleSet.objects.create(
            version="x",
            source=first.source,
            valid_from=date(2023, 1, 1),
            checksum="x",
            imported_at=now,
            in_force_at=now,
        )


def test_a_list_can_be_ended_but_not_thrown_away_once_it_counted(db, now):
    found = put_in_force(now, valid_from=date(2022, 1, 1))
    with pytest.raises(RulesInForce):
        actions.discard_rules(rule_set_id=found.id, by=OPERATOR)
    with pytest.raises(RulesUnknownTime):
        actions.end_rules(rule_set_id=found.id, last_day=date(2021, 12, 31), by=OPERATOR)
    found.refresh_from_db()
    assert found.valid_to is None
    assert actions.end_rules(rule_set_id=found.id, last_day=date(2024, 6, 30), by=OPERATOR).valid_to == date(
        2024, 6, 30
    )


def test_only_an_operator_keeps_rules(by_ana, by_ben, by_cara, by_dan, by_eve, now):
    found = put_in_force(now)
    for by in (by_ana, by_ben, by_cara, by_dan, by_eve):
        with pytest.raises(WrongRole):
            actions.look_at_rules(content=text(PAIR), by=by)
        with pytest.raises(WrongRole):
            actions.import_rules(
                content=text(PAIR), file_name="", version="9", source="s", valid_from=date(2020, 1, 1), by=by, now=now
            )
        with pytest.raises(WrongRole):
            actions.end_rules(rule_set_id=found.id, last_day=date(2040, 1, 1), by=by)
    found.refresh_from_db()
    assert (RuleSet.objects.count(), found.valid_to) == (1, None)


# ---- by the day of the visit


@pytest.mark.parametrize(
    ("begins", "ends", "hits"),
    [(0, None, True), (1, None, False), (-9, 0, True), (-9, -1, False)],
    ids=["from today", "from tomorrow", "to today", "to yesterday"],
)
def test_the_day_of_the_visit_chooses_the_list(ana, ben, by_ben, now, begins, ends, hits):
    put_in_force(
        now,
        valid_from=now.date() + timedelta(days=begins),
        valid_to=None if ends is None else now.date() + timedelta(days=ends),
    )
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(AMOXICILLIN), line(IBUPROFEN)])
    # Checked a day later it is still the list of the visit.
    for moment in (now, now + timedelta(hours=20)):
        found = actions.check(prescription_id=begun.id, by=by_ben, now=moment).findings
        assert ([one.kind for one in found] == ["interaction"]) is hits


def test_finding_and_override_name_the_list(ana, ben, by_ben, ben_api, now):
    put_in_force(now, version="5948/2021", source="QĐ 5948/QĐ-BYT")
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=[line(AMOXICILLIN), line(IBUPROFEN)])
    answer = ben_api.post(f"/api/v1/prescriptions/{begun.id}/check").json()
    [one] = answer["findings"]
    assert (one["grade"], one["source"], one["rules"]) == ("block", "QĐ 5948/QĐ-BYT", "5948/2021")
    assert one["source_words"] == "QĐ 5948/QĐ-BYT · 5948/2021"
    assert "Hậu quả thử. Cơ chế thử. Xử trí thử." in one["text"]
    assert "5948/2021" in answer["rules_version"]
    given = [{"finding": one["key"], "reason": "no_alternative"}]
    actions.sign(prescription_id=begun.id, overrides=given, by=by_ben, now=now)
    kept = Override.objects.get()
    assert (kept.rules_version, kept.rule, kept.finding_kind) == ("5948/2021", "interaction:5948/2021-7", "interaction")


def test_a_pair_in_both_lists_is_one_finding_that_names_both(ana, ben, by_ben, now):
    put_in_force(now, "1,Azithromycin,Domperidon,,Xoắn đỉnh,\n", version="5948/2021", source="QĐ 5948/QĐ-BYT")
    items = [line("azithromycin-500-mg-tablet", times=1, days=3), line("domperidone-10-mg-tablet")]
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben), items=items)
    [one] = actions.check(prescription_id=begun.id, by=by_ben, now=now).findings
    assert one.key.startswith("interaction:8:")
    assert one.rules == "onc-2012.1+5948/2021"
    assert one.detail["text"] == "Xoắn đỉnh."
    assert one.detail["effect"] == "torsade_de_pointes"


def test_a_combination_needs_all_its_parts_and_a_class_any_of_it(ana, ben, by_ben, now):
    put_in_force(now, "1,Amoxicilin/acid clavulanic,Paracetamol,,,\n", "2,NSAID,Paracetamol,,,\n")
    visit = make_visit(person=ana, practitioner=ben)

    def hits(*drugs):
        begun = make_draft(encounter=visit, items=[line(one) for one in drugs])
        found = actions.check(prescription_id=begun.id, by=by_ben, now=now).findings
        return [one.key.split(":")[1] for one in found if one.kind == "interaction"]

    assert hits(AMOXICILLIN, PARACETAMOL) == []
    assert hits("amoxicillin-clavulanic-acid-875-mg-125-mg-tablet", PARACETAMOL) == ["1/2030-1"]
    assert hits(IBUPROFEN, PARACETAMOL) == ["1/2030-2"]


# ---- the command


def command(file, *arguments):
    out = StringIO()
    call_command("import_rules", str(file), *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_bytes(text(PAIR, "8,Amoxicilin,Ibuprofen,,,\n", "9,Amoxicilin,,,,\n"))
    return path


ARGUMENTS = ("--version", "5948/2021", "--valid-from", "2022-01-01")


def test_a_dry_run_reports_and_writes_nothing(db, file):
    said = command(file, *ARGUMENTS, "--dry-run")
    assert "line 4, hoat_chat_2: " in said
    assert "3 rows, 1 pairs, 1 left out" in said
    assert not RuleSet.objects.exists()


def test_rows_left_out_stop_the_command_unless_one_says_yes(db, file):
    with pytest.raises(CommandError, match="1 rows"):
        command(file, *ARGUMENTS)
    assert not RuleSet.objects.exists()
    assert "QĐ 5948/QĐ-BYT 5948/2021 is in force for visits from 2022-01-01" in command(file, *ARGUMENTS, "--yes")
    made = RuleSet.objects.get()
    assert (made.version, made.valid_from, made.valid_to, len(made.checksum)) == (
        "5948/2021",
        date(2022, 1, 1),
        None,
        64,
    )
    assert [(one["line"], one["taken"]) for one in made.report] == [(3, True), (4, False)]
    assert command(file, *ARGUMENTS, "--yes").endswith("2022-01-01\n")
    assert RuleSet.objects.count() == 1


def test_a_file_that_is_not_there_is_said_so(db, tmp_path):
    with pytest.raises(CommandError, match="cannot read"):
        command(tmp_path / "no.csv", *ARGUMENTS)
