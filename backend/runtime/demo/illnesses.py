# ruff: noqa: E501 - one illness, a few rows
"""What people come with over a year, how often in which month, and what is prescribed: a believable primary care, invented.

Weights and seasons are orders of magnitude of outpatient care in Vietnam (infections of the airways and of the gut first,
dengue and hand-foot-mouth disease after the rains, blood pressure and diabetes all year), not a survey.
"""

from __future__ import annotations

from dataclasses import dataclass

# How often in each month, January first, against the yearly mean.
EVEN = (1.0,) * 12
COLD = (1.5, 1.3, 1.2, 0.9, 0.8, 0.7, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)
HEAT = (0.7, 0.7, 0.8, 1.0, 1.3, 1.5, 1.4, 1.3, 1.1, 0.9, 0.7, 0.6)
RAIN = (0.5, 0.4, 0.4, 0.5, 0.7, 1.1, 1.4, 1.6, 1.7, 1.6, 1.3, 0.8)
SCHOOL = (0.6, 0.6, 0.8, 1.2, 1.4, 1.0, 0.7, 0.7, 1.3, 1.5, 1.3, 0.9)
SPRING = (0.9, 1.2, 1.5, 1.4, 1.0, 0.9, 0.8, 0.8, 0.9, 0.9, 0.9, 0.8)


@dataclass(frozen=True)
class Way:
    """A way to treat: how often, and the drugs as "code dose×times×days [chance in percent]"."""

    weight: float
    drugs: tuple[str, ...]


@dataclass(frozen=True)
class Illness:
    """A main diagnosis: who comes with it (years of age), to whom (specialties), how often, and what is prescribed."""

    code: str
    weight: float
    season: tuple[float, ...]
    ages: tuple[int, int]
    fields: frozenset[str]
    ways: tuple[Way, ...]
    beside: str = ""  # a second diagnosis, now and then
    sex: str = ""
    is_lasting: bool = False  # taken for a month, and the person comes again


def _on(*fields: str) -> frozenset[str]:
    return frozenset(fields)


GENERAL = _on("general", "internal", "respiratory", "ent")
CHILDREN = _on("paediatrics")
PAIN = "paracetamol-500-mg-tablet 1×3×4"
FEVER = "paracetamol-250-mg-powder 1×3×3"
STOMACH = "omeprazole-20-mg-capsule 1×1×14"

ILLNESSES = (
    Illness("J02.9", 9, COLD, (13, 85), GENERAL, (
        Way(5, ("amoxicillin-500-mg-capsule 1×3×7", PAIN, "cetirizine-10-mg-tablet 1×1×5 40")),
        Way(2, ("cefuroxime-500-mg-tablet 1×2×7", PAIN, "methylprednisolone-16-mg-tablet 1×1×4 20")),
        Way(1, ("azithromycin-500-mg-tablet 1×1×3", PAIN, "loratadine-10-mg-tablet 1×1×5 50")),
        Way(6, (PAIN, "cetirizine-10-mg-tablet 1×1×5 70", "povidone-iodine-10-percent-skin-solution 5×2×5 10")))),
    Illness("J00", 7, COLD, (13, 85), GENERAL, (
        Way(8, (PAIN, "chlorphenamine-4-mg-tablet 1×2×5", "xylometazoline-0p1-percent-nasal-spray 1×2×5 50")),
        Way(2, ("amoxicillin-500-mg-capsule 1×2×5", PAIN, "chlorphenamine-4-mg-tablet 1×2×5")))),
    Illness("J20.9", 6, COLD, (13, 90), GENERAL, (
        Way(4, ("amoxicillin-clavulanic-acid-875-mg-125-mg-tablet 1×2×7", "acetylcysteine-200-mg-powder 1×3×7", PAIN + " 60")),
        Way(2, ("cefixime-200-mg-capsule 1×2×7", "ambroxol-30-mg-tablet 1×3×7", PAIN + " 50")),
        Way(4, ("ambroxol-30-mg-tablet 1×3×7", "dextromethorphan-15-mg-tablet 1×3×5 50", PAIN + " 50")))),
    Illness("J01.9", 4, COLD, (13, 75), _on("ent", "general", "internal"), (
        Way(5, ("amoxicillin-clavulanic-acid-875-mg-125-mg-tablet 1×2×7", "fluticasone-50-microgam-per-lieu-nasal-spray 2×1×14", PAIN + " 60")),
        Way(1, ("levofloxacin-500-mg-tablet 1×1×7", "mometasone-50-microgam-per-lieu-nasal-spray 2×1×14", "loratadine-10-mg-tablet 1×1×7 40")),
        Way(4, ("fluticasone-50-microgam-per-lieu-nasal-spray 2×1×14", "desloratadine-5-mg-tablet 1×1×7", PAIN + " 40")))),
    Illness("J18.9", 1.6, COLD, (16, 90), _on("respiratory", "internal", "general"), (
        Way(3, ("levofloxacin-500-mg-tablet 1×1×7", "acetylcysteine-200-mg-powder 1×3×7", PAIN)),
        Way(3, ("amoxicillin-clavulanic-acid-875-mg-125-mg-tablet 1×2×7", "ambroxol-30-mg-tablet 1×3×7", PAIN)))),
    Illness("J30.4", 4, SPRING, (13, 70), _on("ent", "respiratory", "general"), (
        Way(5, ("loratadine-10-mg-tablet 1×1×14", "mometasone-50-microgam-per-lieu-nasal-spray 2×1×30 70")),
        Way(2, ("fexofenadine-180-mg-tablet 1×1×14", "montelukast-10-mg-tablet 1×1×28 40")))),
    Illness("J45.9", 3, COLD, (13, 80), _on("respiratory", "internal"), (
        Way(5, ("formoterol-budesonide-160-microgam-4p5-microgam-per-lieu-inhaler 1×2×30", "salbutamol-100-microgam-per-lieu-inhaler 2×2×30 60", "montelukast-10-mg-tablet 1×1×28 40")),), is_lasting=True),
    Illness("J44.9", 2.4, COLD, (50, 92), _on("respiratory", "internal"), (
        Way(4, ("tiotropium-2p5-microgam-per-lieu-inhaler 2×1×30", "salbutamol-100-microgam-per-lieu-inhaler 2×2×30 50")),
        Way(2, ("salmeterol-fluticasone-250-microgam-25-microgam-per-lieu-inhaler 1×2×30", "acetylcysteine-200-mg-powder 1×3×10 50"))), is_lasting=True),
    Illness("H66.9", 1.6, COLD, (13, 70), _on("ent"), (
        Way(3, ("amoxicillin-clavulanic-acid-875-mg-125-mg-tablet 1×2×7", "ciprofloxacin-0p3-percent-ear-drops 3×2×7 60", PAIN)),)),
    Illness("H60.9", 1.4, HEAT, (10, 70), _on("ent"), (
        Way(3, ("ciprofloxacin-0p3-percent-ear-drops 4×2×7", PAIN + " 60")),)),
    Illness("H81.1", 1.4, EVEN, (35, 85), _on("ent", "neurology"), (
        Way(3, ("betahistine-16-mg-tablet 1×2×14", "cinnarizine-25-mg-tablet 1×2×7 30")),)),
    # ---- children
    Illness("J06.9", 12, COLD, (1, 12), CHILDREN, (
        Way(6, (FEVER, "desloratadine-0p5-mg-per-ml-syrup 2.5×1×5 60", "sodium-chloride-0p9-percent-nasal-drops 2×3×5 60")),
        Way(3, ("amoxicillin-250-mg-powder 1×3×5", FEVER, "sodium-chloride-0p9-percent-nasal-drops 2×3×5 40")))),
    Illness("J03.9", 4, COLD, (3, 12), CHILDREN, (
        Way(4, ("amoxicillin-250-mg-powder 1×3×7", FEVER)),
        Way(2, ("cefixime-100-mg-powder 1×2×5", FEVER)))),
    Illness("J21.9", 2.5, COLD, (1, 2), CHILDREN, (
        Way(3, ("salbutamol-2p5-mg-per-2p5-ml-nebuliser-solution 1.25×3×3 40", "paracetamol-150-mg-powder 1×3×3", "sodium-chloride-0p9-percent-nasal-drops 2×3×5")),)),
    Illness("A09", 4, HEAT, (1, 12), CHILDREN, (
        Way(6, ("oral-rehydration-salts-27p9-g-powder 1×1×3", "zinc-gluconate-70-mg-tablet 1×1×14 80", "racecadotril-30-mg-powder 1×3×3 40", "saccharomyces-boulardii-250-mg-powder 1×2×5 50")),
        Way(1, ("azithromycin-200-mg-per-5-ml-suspension 5×1×3", "oral-rehydration-salts-27p9-g-powder 1×1×3", "zinc-gluconate-70-mg-tablet 1×1×14")))),
    Illness("B08.4", 2.5, SCHOOL, (1, 6), CHILDREN, (
        Way(4, (FEVER, "oral-rehydration-salts-27p9-g-powder 1×1×2 50", "aluminium-hydroxide-magnesium-hydroxide-400-mg-400-mg-chewable-tablet 0.5×3×3 20")),)),
    Illness("H66.0", 2, COLD, (1, 10), CHILDREN, (
        Way(4, ("amoxicillin-clavulanic-acid-250-mg-31p25-mg-powder 1×2×7", FEVER)),)),
    Illness("L20.9", 1.5, COLD, (1, 10), _on("paediatrics", "dermatology"), (
        Way(3, ("hydrocortisone-1-percent-cream 1×2×7", "desloratadine-0p5-mg-per-ml-syrup 2.5×1×7 50")),)),
    Illness("J45.0", 1.5, COLD, (4, 14), CHILDREN, (
        Way(3, ("montelukast-4-mg-chewable-tablet 1×1×28", "salbutamol-100-microgam-per-lieu-inhaler 1×2×14 60")),), is_lasting=True),
    Illness("B77.9", 1, EVEN, (3, 12), CHILDREN, (Way(1, ("albendazole-400-mg-tablet 1×1×1",)),)),
    # ---- gut
    Illness("K29.7", 6, EVEN, (18, 80), _on("gastroenterology", "general", "internal"), (
        Way(5, (STOMACH, "sucralfate-1-g-powder 1×2×10 40", "drotaverine-40-mg-tablet 1×2×5 30")),
        Way(2, ("esomeprazole-40-mg-capsule 1×1×28", "aluminium-hydroxide-magnesium-hydroxide-400-mg-400-mg-chewable-tablet 1×3×10 50")))),
    Illness("K21.9", 5, EVEN, (20, 80), _on("gastroenterology", "general", "internal"), (
        Way(5, ("esomeprazole-40-mg-capsule 1×1×28", "aluminium-hydroxide-magnesium-hydroxide-400-mg-400-mg-chewable-tablet 1×3×14 40")),
        Way(2, ("rabeprazole-20-mg-tablet 1×1×28", "sucralfate-1-g-powder 1×2×10 30")))),
    Illness("K27.9", 1.8, EVEN, (20, 75), _on("gastroenterology"), (
        Way(4, ("amoxicillin-500-mg-capsule 2×2×14", "clarithromycin-500-mg-tablet 1×2×14", "esomeprazole-40-mg-capsule 1×2×14")),
        Way(1, ("esomeprazole-40-mg-capsule 1×1×28", "bismuth-subcitrate-120-mg-tablet 1×4×14")))),
    Illness("A09.9", 4, HEAT, (13, 80), _on("general", "internal", "gastroenterology"), (
        Way(5, ("oral-rehydration-salts-27p9-g-powder 1×2×2", "diosmectite-3-g-powder 1×3×3", "saccharomyces-boulardii-250-mg-powder 1×2×5 40")),
        Way(3, ("ciprofloxacin-500-mg-tablet 1×2×3", "oral-rehydration-salts-27p9-g-powder 1×2×2", "diosmectite-3-g-powder 1×3×3 50")))),
    Illness("K58.2", 1.6, EVEN, (18, 70), _on("gastroenterology"), (Way(3, ("mebeverine-135-mg-tablet 1×3×14", "macrogol-10-g-powder 1×1×10 30")),)),
    Illness("K59.0", 1.2, EVEN, (20, 90), _on("gastroenterology", "general"), (Way(3, ("macrogol-10-g-powder 1×2×10",)), Way(1, ("lactulose-10-g-per-15-ml-oral-solution 15×2×10",)))),
    Illness("K76.0", 1.2, EVEN, (25, 75), _on("gastroenterology"), (Way(1, ("silymarin-140-mg-capsule 1×2×30",)),), is_lasting=True),
    # ---- heart, sugar, thyroid: for a month
    Illness("I10", 15, EVEN, (38, 90), _on("cardiology", "internal", "general"), (
        Way(4, ("amlodipine-5-mg-tablet 1×1×30", "losartan-50-mg-tablet 1×1×30 45", "atorvastatin-10-mg-tablet 1×1×30 35")),
        Way(3, ("losartan-50-mg-tablet 1×1×30", "hydrochlorothiazide-25-mg-tablet 0.5×1×30 30", "rosuvastatin-10-mg-tablet 1×1×30 30")),
        Way(2, ("telmisartan-40-mg-tablet 1×1×30", "bisoprolol-2p5-mg-tablet 1×1×30 40")),
        Way(1, ("perindopril-5-mg-tablet 1×1×30", "indapamide-1p5-mg-prolonged-release-tablet 1×1×30 50"))), beside="E78.5", is_lasting=True),
    Illness("I25.9", 4, COLD, (48, 90), _on("cardiology"), (
        Way(4, ("acetylsalicylic-acid-81-mg-tablet 1×1×30", "atorvastatin-20-mg-tablet 1×1×30", "bisoprolol-2p5-mg-tablet 1×1×30", "trimetazidine-35-mg-prolonged-release-tablet 1×2×30 40")),
        Way(2, ("clopidogrel-75-mg-tablet 1×1×30", "rosuvastatin-10-mg-tablet 1×1×30", "perindopril-5-mg-tablet 1×1×30 60"))), beside="I10", is_lasting=True),
    Illness("I50.9", 1.5, COLD, (55, 90), _on("cardiology"), (
        Way(3, ("furosemide-40-mg-tablet 1×1×30", "bisoprolol-2p5-mg-tablet 1×1×30", "dapagliflozin-10-mg-tablet 1×1×30 60")),), beside="I10", is_lasting=True),
    Illness("I48.9", 1.2, EVEN, (55, 90), _on("cardiology"), (
        Way(3, ("rivaroxaban-20-mg-tablet 1×1×30", "bisoprolol-2p5-mg-tablet 1×1×30")),), is_lasting=True),
    Illness("I87.2", 1.4, HEAT, (35, 80), _on("cardiology", "general"), (Way(1, ("diosmin-hesperidin-450-mg-50-mg-tablet 1×2×30",)),)),
    Illness("E11.9", 10, EVEN, (35, 88), _on("endocrinology", "internal", "general"), (
        Way(5, ("metformin-850-mg-tablet 1×2×30", "gliclazide-30-mg-prolonged-release-tablet 2×1×30 40", "atorvastatin-10-mg-tablet 1×1×30 35")),
        Way(3, ("metformin-1000-mg-prolonged-release-tablet 1×1×30", "empagliflozin-10-mg-tablet 1×1×30 50")),
        Way(2, ("metformin-850-mg-tablet 1×2×30", "sitagliptin-100-mg-tablet 1×1×30"))), beside="I10", is_lasting=True),
    Illness("E78.5", 3, EVEN, (35, 80), _on("cardiology", "endocrinology", "internal"), (
        Way(4, ("atorvastatin-20-mg-tablet 1×1×30",)), Way(2, ("rosuvastatin-10-mg-tablet 1×1×30", "ezetimibe-10-mg-tablet 1×1×30 20"))), is_lasting=True),
    Illness("E03.9", 2, EVEN, (25, 75), _on("endocrinology"), (Way(2, ("levothyroxine-50-microgam-tablet 1×1×30",)),), is_lasting=True),
    Illness("E05.9", 1.2, EVEN, (20, 60), _on("endocrinology"), (Way(2, ("thiamazole-5-mg-tablet 2×1×30", "propranolol-40-mg-tablet 0.5×2×14 40")),), is_lasting=True),
    Illness("M10.9", 2, EVEN, (35, 80), _on("musculoskeletal", "internal"), (
        Way(3, ("colchicine-1-mg-tablet 1×1×7", "etoricoxib-60-mg-tablet 1×1×7")), Way(2, ("febuxostat-40-mg-tablet 1×1×30",))), sex="male"),
    # ---- bones, nerves, mind
    Illness("M54.5", 6, EVEN, (20, 80), _on("musculoskeletal", "general", "internal"), (
        Way(4, ("meloxicam-7p5-mg-tablet 1×1×7", "eperisone-50-mg-tablet 1×3×7", PAIN + " 40")),
        Way(3, (PAIN, "tolperisone-150-mg-tablet 1×2×7", "thiamine-pyridoxine-cyanocobalamin-125-mg-125-mg-125-microgam-tablet 1×2×10 40")))),
    Illness("M17.9", 5, COLD, (48, 88), _on("musculoskeletal"), (
        Way(4, ("glucosamine-500-mg-capsule 1×3×30", "meloxicam-7p5-mg-tablet 1×1×10", "diclofenac-1-percent-gel 1×3×10 40")),
        Way(2, ("celecoxib-200-mg-capsule 1×1×10", PAIN)))),
    Illness("M81.9", 2, EVEN, (58, 90), _on("musculoskeletal"), (
        Way(2, ("calcium-carbonate-colecalciferol-1250-mg-440-iu-chewable-tablet 1×1×30", "calcitriol-0p25-microgam-capsule 1×1×30 40")),), sex="female", is_lasting=True),
    Illness("M47.8", 2.5, EVEN, (38, 80), _on("musculoskeletal", "neurology"), (Way(3, ("etoricoxib-60-mg-tablet 1×1×7", "eperisone-50-mg-tablet 1×3×10", "gabapentin-300-mg-capsule 1×1×10 30")),)),
    Illness("G43.9", 2.5, EVEN, (16, 60), _on("neurology"), (Way(3, ("paracetamol-650-mg-tablet 1×2×5", "flunarizine-5-mg-capsule 1×1×28")),)),
    Illness("G47.0", 2.5, EVEN, (25, 85), _on("neurology", "psychiatry"), (Way(2, ("mirtazapine-30-mg-tablet 0.5×1×28",)), Way(1, ("amitriptyline-25-mg-tablet 0.5×1×28",)))),
    Illness("G44.2", 2, EVEN, (18, 65), _on("neurology", "general"), (Way(3, (PAIN, "eperisone-50-mg-tablet 1×2×7 50")),)),
    Illness("I69.4", 1.5, EVEN, (50, 88), _on("neurology"), (Way(3, ("clopidogrel-75-mg-tablet 1×1×30", "atorvastatin-20-mg-tablet 1×1×30", "piracetam-800-mg-tablet 1×2×30 40")),), beside="I10", is_lasting=True),
    Illness("F41.9", 4, EVEN, (18, 70), _on("psychiatry"), (Way(3, ("sertraline-50-mg-tablet 1×1×28",)), Way(2, ("escitalopram-10-mg-tablet 1×1×28",))), is_lasting=True),
    Illness("F32.1", 2.5, COLD, (18, 75), _on("psychiatry"), (Way(3, ("escitalopram-10-mg-tablet 1×1×28",)), Way(1, ("venlafaxine-75-mg-prolonged-release-capsule 1×1×28",))), is_lasting=True),
    # ---- skin, eyes
    Illness("L23.9", 3, HEAT, (14, 75), _on("dermatology", "general"), (Way(4, ("betamethasone-0p05-percent-cream 1×2×7", "cetirizine-10-mg-tablet 1×1×7")),)),
    Illness("L50.9", 3, SPRING, (14, 70), _on("dermatology", "general"), (Way(4, ("fexofenadine-180-mg-tablet 1×1×10",)), Way(2, ("desloratadine-5-mg-tablet 1×1×10", "methylprednisolone-16-mg-tablet 1×1×3 20")))),
    Illness("L70.0", 3.5, HEAT, (14, 32), _on("dermatology"), (Way(3, ("adapalene-0p1-percent-gel 1×1×30", "doxycycline-100-mg-capsule 1×1×28 50")),)),
    Illness("B35.4", 2, HEAT, (14, 70), _on("dermatology"), (Way(3, ("ketoconazole-2-percent-cream 1×2×14", "itraconazole-100-mg-capsule 2×1×7 20")),)),
    Illness("L02.9", 1.2, HEAT, (14, 70), _on("dermatology", "general"), (Way(3, ("cefalexin-500-mg-capsule 1×3×7", "mupirocin-2-percent-ointment 1×2×7", PAIN + " 50")),)),
    Illness("H10.9", 3.5, SCHOOL, (14, 70), _on("ophthalmology", "general"), (Way(4, ("tobramycin-0p3-percent-eye-drops 1×4×7", "sodium-hyaluronate-0p1-percent-eye-drops 1×4×10 30")),)),
    Illness("H04.1", 3.5, EVEN, (25, 80), _on("ophthalmology"), (Way(3, ("sodium-hyaluronate-0p1-percent-eye-drops 1×4×30",)),)),
    Illness("H10.1", 2, SPRING, (14, 60), _on("ophthalmology"), (Way(3, ("olopatadine-0p1-percent-eye-drops 1×2×14",)),)),
    Illness("H40.9", 1.5, EVEN, (45, 88), _on("ophthalmology"), (Way(3, ("latanoprost-0p005-percent-eye-drops 1×1×28",)), Way(1, ("timolol-0p5-percent-eye-drops 1×2×28",))), is_lasting=True),
    # ---- women, urine, fever
    Illness("N76.0", 3.5, HEAT, (18, 55), _on("obstetrics"), (Way(3, ("metronidazole-250-mg-tablet 2×2×7", "clotrimazole-500-mg-vaginal-tablet 1×1×1 40")), Way(2, ("clotrimazole-500-mg-vaginal-tablet 1×1×1",))), sex="female"),
    Illness("N94.6", 1.5, EVEN, (16, 40), _on("obstetrics"), (Way(2, ("mefenamic-acid-250-mg-capsule 1×3×3", "drotaverine-40-mg-tablet 1×3×3 40")),), sex="female"),
    Illness("D50.9", 2, EVEN, (18, 45), _on("obstetrics", "general"), (Way(2, ("ferrous-sulfate-folic-acid-200-mg-0p4-mg-tablet 1×1×30",)),), sex="female"),
    Illness("N39.0", 2.5, HEAT, (18, 80), _on("obstetrics", "general", "internal"), (
        Way(3, ("nitrofurantoin-100-mg-capsule 1×2×5",)), Way(2, ("fosfomycin-3-g-powder 1×1×1",)), Way(3, ("cefuroxime-500-mg-tablet 1×2×7", "drotaverine-40-mg-tablet 1×2×3 30"))), sex="female"),
    Illness("N40", 1.5, EVEN, (55, 88), _on("internal", "general"), (Way(2, ("tamsulosin-0p4-mg-prolonged-release-capsule 1×1×30", "finasteride-5-mg-tablet 1×1×30 30")),), sex="male", is_lasting=True),
    Illness("A97.0", 2.5, RAIN, (10, 65), _on("general", "internal"), (Way(3, (PAIN, "oral-rehydration-salts-27p9-g-powder 1×2×3")),)),
    Illness("B34.9", 3, COLD, (13, 80), _on("general", "internal"), (Way(3, (PAIN, "ascorbic-acid-500-mg-tablet 1×1×7 60")),)),
    Illness("M79.1", 1.5, EVEN, (20, 80), _on("traditional", "musculoskeletal"), (Way(2, (PAIN, "eperisone-50-mg-tablet 1×2×7 50")),)),
    Illness("R51", 1.2, EVEN, (18, 75), _on("traditional", "general"), (Way(2, (PAIN,)),)),
    Illness("M54.2", 1.5, EVEN, (22, 75), _on("traditional", "musculoskeletal"), (Way(2, ("eperisone-50-mg-tablet 1×3×7", "diclofenac-1-percent-gel 1×3×7 50")),)),
)  # fmt: skip
# Two that lengthen QT, against the ONC list: now and then a doctor signs past the warning, for a reason.
RISKY = ("azithromycin-500-mg-tablet 1×1×3", "domperidone-10-mg-tablet 1×3×3", PAIN)

FAMILY = [
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Trần",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
]
MIDDLE = {
    "female": ["Thị", "Thị", "Ngọc", "Thu", "Thanh", "Kim", "Mỹ", "Hồng"],
    "male": ["Văn", "Văn", "Đức", "Minh", "Quang", "Hữu", "Công", "Thành"],
}
GIVEN = {
    "female": ["Lan", "Hương", "Mai", "Hoa", "Nga", "Thảo", "Linh", "Trang", "Yến", "Phượng", "Hạnh", "Tuyết", "Vân", "Nhung", "Oanh", "Diệp", "Châu", "Thúy", "Loan", "Hiền"],
    "male": ["Hùng", "Dũng", "Tuấn", "Sơn", "Nam", "Long", "Phúc", "Hải", "Khôi", "Bảo", "Tài", "Lộc", "Hiếu", "Thắng", "Trung", "Kiên", "Toàn", "Vinh", "Đạt", "Khánh"],
}  # fmt: skip
