"""Codes that are stored, and their words: forms, routes, units, reasons. Stored codes never change; words may."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Form(TextChoices):
    TABLET = "tablet", pgettext_lazy("form of a medicine", "tablet")
    PROLONGED_RELEASE_TABLET = "prolonged_release_tablet", _("prolonged-release tablet")
    EFFERVESCENT_TABLET = "effervescent_tablet", _("effervescent tablet")
    CHEWABLE_TABLET = "chewable_tablet", _("chewable tablet")
    VAGINAL_TABLET = "vaginal_tablet", _("vaginal tablet")
    CAPSULE = "capsule", pgettext_lazy("form of a medicine", "capsule")
    PROLONGED_RELEASE_CAPSULE = "prolonged_release_capsule", _("prolonged-release capsule")
    POWDER = "powder", _("powder for drinking")
    SYRUP = "syrup", _("syrup")
    SUSPENSION = "suspension", _("oral suspension")
    ORAL_SOLUTION = "oral_solution", _("oral solution")
    ORAL_DROPS = "oral_drops", _("oral drops")
    INJECTION = "injection", pgettext_lazy("form of a medicine", "injection")
    CREAM = "cream", _("cream")
    OINTMENT = "ointment", _("ointment")
    GEL = "gel", _("gel")
    SKIN_SOLUTION = "skin_solution", _("solution for the skin")
    EYE_DROPS = "eye_drops", _("eye drops")
    EAR_DROPS = "ear_drops", _("ear drops")
    NASAL_DROPS = "nasal_drops", _("nose drops")
    NASAL_SPRAY = "nasal_spray", _("nasal spray")
    INHALER = "inhaler", _("inhaler")
    NEBULISER_SOLUTION = "nebuliser_solution", _("solution for a nebuliser")
    SUPPOSITORY = "suppository", pgettext_lazy("form of a medicine", "suppository")
    PATCH = "patch", pgettext_lazy("form of a medicine", "patch")
    HERB = "herb", pgettext_lazy("form of a medicine", "herb for a decoction")


class Route(TextChoices):
    ORAL = "oral", pgettext_lazy("route of a medicine", "by mouth")
    RECTAL = "rectal", pgettext_lazy("route of a medicine", "into the rectum")
    VAGINAL = "vaginal", pgettext_lazy("route of a medicine", "into the vagina")
    SKIN = "skin", pgettext_lazy("route of a medicine", "on the skin")
    TRANSDERMAL = "transdermal", pgettext_lazy("route of a medicine", "stuck on the skin")
    INJECTION = "injection", pgettext_lazy("route of a medicine", "by injection")
    INHALED = "inhaled", pgettext_lazy("route of a medicine", "by breathing in")
    NASAL = "nasal", pgettext_lazy("route of a medicine", "into the nose")
    EYE = "eye", pgettext_lazy("route of a medicine", "into the eye")
    EAR = "ear", pgettext_lazy("route of a medicine", "into the ear")


class Unit(TextChoices):
    """What is sold, and what is taken: a bottle is sold, millilitres are taken."""

    TABLET = "tablet", pgettext_lazy("unit", "tablet")
    CAPSULE = "capsule", pgettext_lazy("unit", "capsule")
    SACHET = "sachet", pgettext_lazy("unit", "sachet")
    SUPPOSITORY = "suppository", pgettext_lazy("unit", "suppository")
    PATCH = "patch", pgettext_lazy("unit", "patch")
    AMPOULE = "ampoule", pgettext_lazy("unit", "ampoule")
    VIAL = "vial", pgettext_lazy("unit", "vial")
    SYRINGE = "syringe", pgettext_lazy("unit", "syringe")
    PEN = "pen", pgettext_lazy("unit", "pen")
    BOTTLE = "bottle", pgettext_lazy("unit", "bottle")
    TUBE = "tube", pgettext_lazy("unit", "tube")
    INHALER = "inhaler", pgettext_lazy("unit", "inhaler")
    ML = "ml", pgettext_lazy("unit", "ml")
    GRAM = "gram", pgettext_lazy("unit", "g")
    DROP = "drop", pgettext_lazy("unit", "drop")
    PUFF = "puff", pgettext_lazy("unit", "puff")
    IU = "iu", pgettext_lazy("unit", "IU")
    APPLICATION = "application", pgettext_lazy("unit", "thin layer")


class Control(TextChoices):
    """How strictly a drug is watched. Narcotics and psychotropics need a prescription of their own; toxic ones come first on it."""

    ORDINARY = "ordinary", _("ordinary")
    NARCOTIC = "narcotic", _("narcotic")
    PSYCHOTROPIC = "psychotropic", _("psychotropic or precursor")
    TOXIC = "toxic", _("toxic")


class Tradition(TextChoices):
    """Traditional medicine (TT 55/2025/TT-BYT): herbs are boiled together and have a prescription of their own; products do not."""

    NONE = "", _("no traditional medicine")
    HERB = "herb", _("herb of a decoction")
    PRODUCT = "product", _("finished product of traditional medicine")


class CourseSaid(TextChoices):
    """What the doctor says of a course where the number of days hangs on it (TT 26/2025 articles 6 to 9, TT 55/2025 article 8)."""

    ACUTE = "acute", _("acute illness")
    LONG_TERM = "long_term", _("long-term illness")
    CANCER_PAIN = "cancer_pain", _("pain of cancer")


class Supply(TextChoices):
    RX = "rx", _("on prescription")
    OTC = "otc", _("without prescription")


class OverrideReason(TextChoices):
    """Why a doctor prescribes despite a grave finding."""

    BENEFIT = "benefit_outweighs_risk", _("the benefit outweighs the risk")
    TOLERATED = "tolerated_before", _("the patient has tolerated it before")
    MONITORED = "will_be_monitored", _("the patient will be monitored")
    NO_ALTERNATIVE = "no_alternative", _("there is no suitable alternative")
    OTHER_STOPPED = "other_drug_stopped", _("the other medicine is stopped meanwhile")
    NOT_AN_ALLERGY = "not_a_true_allergy", _("the reaction was not a true allergy")


class NotDispensedReason(TextChoices):
    """Why a pharmacy does not hand out what is left of an item."""

    OUT_OF_STOCK = "out_of_stock", _("not in stock")
    REFUSED = "patient_declined", _("the patient does not want it")
    HAS_ENOUGH = "has_enough", _("the patient still has enough")
    SAFETY = "safety_concern", _("a safety concern; the doctor is asked")


class ReturnReason(TextChoices):
    """Why a pharmacy gives a prescription back."""

    OUT_OF_STOCK = "out_of_stock", _("not in stock")
    PATIENT_LEFT = "patient_left", _("the patient goes elsewhere")
    MISTAKE = "taken_by_mistake", _("taken by mistake")
    SAFETY = "safety_concern", _("a safety concern; the doctor is asked")


class CancelReason(TextChoices):
    """Why a prescription is taken back."""

    MISTAKE = "mistake", _("there is a mistake in it")
    NOT_NEEDED = "not_needed", _("it is not needed any more")
    REACTION = "reaction", _("the patient reacts badly to a medicine")
    REPLACED = "replaced", _("another prescription takes its place")


class SubstitutionType(TextChoices):
    """What a substitute is to the prescribed drug: the same composition always."""

    GENERIC = "generic", _("generic for a brand")
    BRAND = "brand", _("another brand")
    FORM = "form", _("another form, the same composition")


class SubstitutionReason(TextChoices):
    """Why a pharmacist hands out something else of the same composition."""

    OUT_OF_STOCK = "out_of_stock", _("the prescribed one is not in stock")
    PRICE = "price", _("the patient wants a cheaper one")
    WISH = "patient_wish", _("the patient wants this one")
    RECALLED = "recalled", _("the prescribed one has been recalled")
