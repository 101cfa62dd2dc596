"""What prescriptions refuse, and how it is said."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany, Unavailable


class LicenceNotValid(NotAllowed):
    code = "licence_not_valid"
    message = _("Your licence to practise does not cover this day, so you cannot sign.")


class NotAPrescriber(NotAllowed):
    code = "not_a_prescriber"
    message = _("Only doctors may prescribe.")


class NotTheVisit(Conflict):
    code = "visit_not_open"
    message = _("A prescription belongs to a visit that is under way or has just ended.")


class NothingPrescribed(Invalid):
    code = "nothing_prescribed"
    message = _("Add at least one medicine before signing.")


class DiagnosisMissing(Conflict):
    code = "diagnosis_needed"
    message = _("Write at least one diagnosis in the notes of the visit before signing.")


class UnknownDrug(Invalid):
    code = "unknown_drug"
    message = _("This medicine is not in the catalogue.")


class DrugNotValid(Conflict):
    code = "drug_not_valid"
    message = _(
        "A medicine on this prescription may not be prescribed on the day of the visit any more. Choose another one."
    )


class BadList(Invalid):
    code = "bad_list"
    message = _("This list of medicines cannot be taken in.")


class BadQuantity(Invalid):
    code = "bad_quantity"
    message = _("The quantity is not right.")


class TooManyDays(Invalid):
    code = "too_many_days"
    message = _("This kind of medicine may not be prescribed for that many days.")


class MixedControl(Invalid):
    code = "mixed_control"
    message = _("Narcotic and psychotropic medicines each need a prescription of their own.")


class ControlledInRemoteVisit(NotAllowed):
    code = "controlled_in_remote_visit"
    message = _("Narcotic and psychotropic medicines cannot be prescribed in a remote visit.")


class HerbsApart(Invalid):
    code = "herbs_apart"
    message = _("The herbs of a decoction need a prescription of their own.")


class NoBeds(NotAllowed):
    code = "no_beds"
    message = _("Narcotics are prescribed only at facilities that have beds.")


class NotTrained(NotAllowed):
    code = "not_trained_in_traditional_medicine"
    message = _("Decoctions are prescribed by doctors of traditional medicine.")


class WrongCourse(Invalid):
    code = "wrong_course"
    message = _("This does not go with the kind of the prescription.")


class FactsMissing(Invalid):
    code = "facts_missing"
    message = _("Something that a prescription must say is missing.")


class ConfirmationUsed(Conflict):
    code = "confirmation_used"
    message = _("This confirmation of the commune stands on another prescription; each holds for one.")


class BadDose(Invalid):
    code = "bad_dose"
    message = _("This medicine cannot be divided like that.")


class PermitBad(Invalid):
    code = "bad_permit"
    message = _("A permission needs a facility for beds, a reason, and a last day that is not before the first.")


class PermitThere(Conflict):
    code = "permit_there"
    message = _("There is such a permission on some of these days already.")


class NameTaken(Conflict):
    code = "set_name_taken"
    message = _("You have a set of this name already.")


class TooManyKept(Conflict):
    code = "too_many_kept"
    message = _("You keep as many as there is room for. Throw some away first.")


class UnknownOverride(Invalid):
    code = "unknown_override"
    message = _("A reason was given for something the check did not find. Please look at the findings again.")


class OverrideNeeded(Conflict):
    code = "override_needed"
    message = _("The safety check found something grave. Change the medicines, or give your reason for each finding.")


class AlreadySigned(Conflict):
    code = "already_signed"
    message = _("This prescription is signed and cannot be changed any more. Cancel it and write a new one.")


class SignatureBroken(Conflict):
    code = "signature_broken"
    message = _("The signature does not fit the prescription. It must not be filled; please call the doctor.")


class NoSuchPrescription(NotFound):
    code = "no_such_prescription"
    message = _("The code and the access code do not fit together. Please check both.")


class TooManyAttempts(TooMany):
    code = "too_many_attempts"
    message = _("Too many wrong access codes. Please wait a little before the next try.")


class NotAPharmacy(Invalid):
    code = "not_a_pharmacy"
    message = _("Please choose a pharmacy from the list.")


class TakenElsewhere(Conflict):
    code = "taken_elsewhere"
    message = _("Another pharmacy has this prescription in hand.")


class Expired(Conflict):
    code = "expired"
    message = _("The time for collecting these medicines is over. A new prescription is needed.")


class Cancelled(Conflict):
    code = "cancelled"
    message = _("The doctor or the patient has cancelled this prescription.")


class AlreadyDispensed(Conflict):
    code = "already_dispensed"
    message = _("This prescription has been filled already.")


class BadAccount(Invalid):
    code = "bad_national_account"
    message = _("Enter the account and its password as the national system gave them, without line breaks.")


class WrongSecret(NotAllowed):
    code = "wrong_secret"
    message = _("Your pharmacy does not hold this prescription any more. Please look it up again.")


class MoreThanPrescribed(Conflict):
    code = "more_than_prescribed"
    message = _("That would be more than the doctor prescribed.")


class ItemsOpen(Conflict):
    code = "items_open"
    message = _("Some medicines are neither handed out in full nor marked with a reason.")


class NothingDispensed(Conflict):
    code = "nothing_dispensed"
    message = _("Nothing was handed out. Give the prescription back instead.")


class RuleFileUnreadable(Invalid):
    code = "rule_file_unreadable"
    message = _("This file cannot be read as a list of pairs.")


class RulesUnknownTime(Invalid):
    code = "rules_end_before_they_begin"
    message = _("A rule set cannot end before it begins.")


class RulesGiven(Conflict):
    code = "rules_version_taken"
    message = _(
        "This version is there already, from another file or for other days. Give the new list a version of its own."
    )


class RulesOverlap(Conflict):
    code = "rules_overlap"
    message = _("Another version of the same list holds on some of these days.")


class RulesInForce(Conflict):
    code = "rules_in_force"
    message = _("This rule set is in force: visits were checked by it. It can be ended, not thrown away.")


class NewFindings(Conflict):
    code = "new_findings"
    message = _(
        "Something grave has come up since the doctor signed. Look at it, and say that you answer for handing out."
    )


class RevocationTimeUnknown(Invalid):
    code = "revocation_in_the_future"
    message = _("A certificate cannot be taken back from a time that has not come yet.")


class NoPaper(Conflict):
    code = "no_paper"
    message = _("There is no paper of this prescription: it is not signed, or its doctor may not sign any more.")


class SignerUnavailable(Unavailable):
    code = "signer_unavailable"
    message = _("The signing service does not answer. Please try again in a moment.")
    retry_after_s = 20


class SignerRefused(NotAllowed):
    code = "signer_refused"
    message = _("The signing service refused. Ask whoever looks after your signing key.")


class ChangedWhileSigning(Conflict):
    code = "changed_while_signing"
    message = _("The prescription was changed while it was being signed. Please look at it and sign again.")


class Replaced(Conflict):
    code = "replaced"
    message = _("The doctor has replaced this prescription by another one. Please ask the patient for the new code.")


class CannotReplace(Conflict):
    code = "cannot_replace"
    message = _("Only a prescription that can still be collected can be replaced. Write a new one.")


class DraftInTheWay(Conflict):
    code = "draft_in_the_way"
    message = _("You are writing another prescription in this visit. Sign it or empty it first.")


class PartTooEarly(Conflict):
    code = "part_too_early"
    message = _("It is too early to collect the next part of this prescription.")


class PartTooLate(Conflict):
    code = "part_too_late"
    message = _("The days for collecting this part are over. What was not collected of it lapses.")


class PartsNotWhole(Invalid):
    code = "parts_not_whole"
    message = _("The parts do not come to the whole prescription.")


class NobodyToAsk(Conflict):
    code = "nobody_to_ask"
    message = _(
        "There is no pharmacy in reach that could be asked now. Look farther, or include those that are closed."
    )


class AskedEnough(TooMany):
    code = "asked_enough"
    message = _("You have asked several times for this prescription today. Please go by the answers you have.")


class InquiryOver(Conflict):
    code = "inquiry_over"
    message = _("This question is over. The citizen has decided, or its time has run out.")


class BadAnswer(Invalid):
    code = "bad_answer"
    message = _("Say for at least one medicine how much you have and what it costs, and when it is ready.")


class AlreadyReserved(Conflict):
    code = "already_reserved"
    message = _("The citizen has reserved by this answer. It cannot be changed any more.")


class NothingToReserve(Conflict):
    code = "nothing_to_reserve"
    message = _("Everything this pharmacy has is reserved or collected already.")


class StockGone(Conflict):
    code = "stock_gone"
    message = _("Somebody was faster: the pharmacy does not have that much any more. Please choose another one.")


class NotOnTheShelf(Conflict):
    code = "not_on_the_shelf"
    message = _("Not that much of this lot is free: the rest is handed out, or reserved for others.")


class LotExpired(Conflict):
    code = "lot_expired"
    message = _("This lot is past its expiry date and must not be handed out.")


class NotASubstitute(Conflict):
    code = "not_a_substitute"
    message = _("This cannot stand in for the prescribed medicine: ingredient, dose and route have to be the same.")


class SubstituteNotAgreed(Invalid):
    code = "substitute_not_agreed"
    message = _("Another medicine of the same composition needs a reason and the patient's consent.")


class EverythingHandedOut(Conflict):
    code = "everything_handed_out"
    message = _("Everything has been handed out. Close the prescription instead of giving it back.")


class LotDiffers(Conflict):
    code = "lot_differs"
    message = _("This lot is there already with another expiry date. Please look at the box again.")


class BadLot(Invalid):
    code = "bad_lot"
    message = _("Something about this lot is not right.")


class BadStockFile(Invalid):
    code = "bad_stock_file"
    message = _("This list of stock cannot be taken in.")


class TakenInAlready(Conflict):
    code = "taken_in_already"
    message = _("This file has been taken in already. A delivery comes once; correct single lots on the shelf.")


class NotANationalId(Invalid):
    code = "not_a_national_id"
    message = _("The personal identification number has 12 digits.")


class WrongCounterCode(NotFound):
    code = "wrong_counter_code"
    message = _("This code does not fit, is too old or was used already. Ask for a new one.")


class NoPhone(Conflict):
    code = "no_phone"
    message = _("No phone number is known for this person.")


class SentEnough(TooMany):
    code = "sent_enough"
    message = _("Several messages have gone out already. Please wait before asking for another one.")
    retry_after_s = 600


class NotAPicture(Invalid):
    code = "not_a_picture"
    message = _("This picture cannot be read. Take a photo of the QR code, or type the codes.")


class BadDoseTimes(Invalid):
    code = "bad_dose_times"
    message = _("The times have to follow each other: morning, noon, evening, night.")
