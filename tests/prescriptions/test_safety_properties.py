"""What holds of the check for any list of drugs: order and side do not matter, one drug more takes nothing away."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from prescriptions import safety
from prescriptions.catalogue import rows
from prescriptions.ingredients import key_of
from prescriptions.safety import GRADES, KnownAllergy, Line, Pair, Patient, Side, check
from prescriptions.safety.rules import rules_with
from prescriptions.strengths import milligrams

CATALOGUE = sorted(rows(), key=lambda drug: drug["code"])


def side(*names):
    return Side(frozenset(map(key_of, names)))


RULES = rules_with(
    [
        Pair("t-1", side("amoxicillin"), side("ibuprofen"), "t", "test"),
        Pair("t-2", side("amoxicillin", "clavulanic acid"), side("paracetamol"), "t", "test"),
        Pair("t-3", Side(atc=("C10AA",)), Side(atc=("J01",)), "t", "test"),
    ],
    ["t"],
)
allergies = st.lists(
    st.sampled_from(["Penicilin", "aspirin", "NSAID", "Sulfamid", "phấn hoa"]), max_size=2, unique=True
)
patients = st.builds(
    Patient,
    age_months=st.none() | st.integers(0, 1200),
    weight_kg=st.none() | st.integers(2, 150).map(Decimal),
    egfr=st.none() | st.integers(1, 150),
    pregnant=st.booleans(),
    week=st.none() | st.integers(0, 43),
    breastfeeding=st.booleans(),
)


@st.composite
def lists(draw, smallest=0):
    """Drugs of the catalogue, some of them taken already."""
    chosen = draw(st.lists(st.sampled_from(CATALOGUE), min_size=smallest, max_size=8))
    lines = []
    for number, drug in enumerate(chosen):
        one = milligrams(drug["strength"], drug["dose_unit"], len(drug["ingredients"]))
        many = draw(st.integers(1, 6))
        taken = draw(st.booleans())
        lines.append(
            Line(
                f"{'taken:' if taken else ''}{number:02d}",
                drug["code"],
                tuple(drug["ingredients"]),
                drug["atc"],
                taken,
                "79999" if taken else "",
                drug["route"],
                tuple(each * many for each in one) if one else (),
                draw(st.integers(1, 6)),
            )
        )
    return lines


def checked(lines, told, patient):
    here, taken = [one for one in lines if not one.taken], [one for one in lines if one.taken]
    return check(here, taken, [KnownAllergy(one) for one in told], RULES, patient)


@given(lists(), allergies, patients, st.randoms())
@settings(max_examples=150, deadline=None)
def test_order_does_not_matter(lines, told, patient, random):
    shuffled = random.sample(lines, len(lines))
    assert checked(shuffled, told[::-1], patient) == checked(lines, told, patient)


@given(lists(smallest=1), allergies, patients, st.data())
@settings(max_examples=150, deadline=None)
def test_one_drug_more_takes_no_finding_away_and_makes_none_milder(lines, told, patient, data):
    without = data.draw(st.sampled_from(lines))
    fewer = {one.key: one.grade for one in checked([one for one in lines if one != without], told, patient)}
    more = {one.key: one.grade for one in checked(lines, told, patient)}
    assert set(fewer) <= set(more)
    assert all(GRADES.index(more[key]) <= GRADES.index(grade) for key, grade in fewer.items())


@given(st.sampled_from(CATALOGUE), st.sampled_from(CATALOGUE))
@settings(max_examples=200, deadline=None)
def test_two_drugs_meet_alike_whichever_is_named_first(one, other):
    def line(key, drug):
        return Line(key, drug["code"], tuple(drug["ingredients"]), drug["atc"])

    there, back = [line("1", one), line("2", other)], [line("1", other), line("2", one)]
    assert [each.key for each in check(there, [], [], RULES)] == [each.key for each in check(back, [], [], RULES)]


@given(lists(), patients)
@settings(max_examples=100, deadline=None)
def test_every_finding_is_about_the_prescription_and_says_its_source(lines, patient):
    for one in checked(lines, ["Penicilin"], patient):
        assert one.lines
        assert one.source
        assert len(one.key) <= 300
        assert one.key.startswith(f"{one.kind}:")


def test_hand_picked_pairs_of_the_onc_list_hit():
    """Phansalkar 2012, by drugs people here know; two that are not on the list stay silent."""

    def kinds(a, b):
        found = check([Line("1", a, (a,)), Line("2", b, (b,))], [], [], safety.built_in_rules())
        return [(one.kind, one.key.split(":")[1]) for one in found]

    expected = {
        ("methylphenidate", "selegiline"): "1",
        ("atazanavir", "omeprazole"): "2",
        ("febuxostat", "azathioprine"): "3",
        ("fluoxetine", "tranylcypromine"): "4",
        ("irinotecan", "ketoconazole"): "5",
        ("tramadol", "phenelzine"): "6",
        ("amitriptyline", "selegiline"): "7",
        ("haloperidol", "domperidone"): "8",
        ("ramelteon", "fluvoxamine"): "9",
        ("rifampicin", "ritonavir"): "10",
        ("simvastatin", "clarithromycin"): "11",
        ("ergotamine", "erythromycin"): "12",
        ("tizanidine", "ciprofloxacin"): "13",
        ("tranylcypromine", "procarbazine"): "14",
        ("sumatriptan", "phenelzine"): "15",
    }
    for (a, b), number in expected.items():
        assert ("interaction", number) in kinds(a, b), (a, b)
        assert kinds(b, a) == kinds(a, b)
    assert kinds("paracetamol", "amoxicillin") == []
    assert kinds("pravastatin", "clarithromycin") == []
