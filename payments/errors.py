"""How payments refuse."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid, NotAllowed, TooMany, Unavailable, Unparseable, WrongState


class NothingToPay(Invalid):
    code = "nothing_to_pay"
    message = _("There is nothing to pay here.")


class UnknownGateway(Invalid):
    code = "unknown_gateway"
    message = _("We do not know this way of paying.")


class NoAccount(Invalid):
    code = "no_account"
    message = _("The hospital does not take money this way.")


class AccountIncomplete(Invalid):
    code = "account_incomplete"
    message = _("Something is missing: enter the account's name and every key.")


class AccountTaken(Conflict):
    code = "account_taken"
    message = _("This account is already entered.")


class BeingChecked(WrongState):
    code = "being_checked"
    message = _("We are still checking your payment. Please do not pay again.")


class PriceDiffers(Conflict):
    code = "price_differs"
    message = _("A payment with another amount is already open for this.")


class PaymentExpired(WrongState):
    code = "payment_expired"
    message = _("The time to pay has run out. Nothing was charged.")


class AlreadyPaid(WrongState):
    code = "already_paid"
    message = _("This has already been paid.")


class NotCaptured(WrongState):
    code = "not_captured"
    message = _("Nothing has been paid yet, so nothing can be given back.")


class RefundTooHigh(Conflict):
    code = "refund_too_high"
    message = _("More cannot be given back than was paid.")


class OtherReference(Conflict):
    code = "other_reference"
    message = _("This confirmation belongs to another payment.")


class BadSignature(Unparseable):
    code = "bad_signature"
    message = _("The signature of this message is not right.")


class BodyTooLarge(Unparseable):
    code = "body_too_large"
    message = _("This message is too large.")


class BadNotice(Unparseable):
    code = "bad_notice"
    message = _("This message cannot be read.")


class GatewayUnavailable(Unavailable):
    code = "gateway_unavailable"
    message = _("The payment company does not answer just now. Please try again in a moment.")


class RefundRefused(Conflict):
    code = "refund_refused"
    message = _("The payment company refused to give the money back.")


class NoShift(WrongState):
    code = "no_shift"
    message = _("Your cash drawer is closed. Open a shift first.")


class ShiftOpenElsewhere(Conflict):
    code = "shift_open_elsewhere"
    message = _("You still have a shift open at another facility. Close it there first.")


class BadCount(Invalid):
    code = "bad_count"
    message = _("This count cannot be right.")


class NotCash(Conflict):
    code = "not_cash"
    message = _("Only amounts in dong can be paid in cash.")


class TooLittleGiven(Invalid):
    code = "too_little_given"
    message = _("This is less than what is to be paid.")


class TooLittleInDrawer(Conflict):
    code = "too_little_in_drawer"
    message = _("There is not so much in the drawer.")


class SamePerson(NotAllowed):
    code = "same_person"
    message = _("A second person has to decide this: not the one who asked for it.")


class BadLimit(Invalid):
    code = "bad_limit"
    message = _("Write an amount in dong, or leave the field empty for the house's limit.")


class StillDiffers(Conflict):
    code = "still_differs"
    message = _("We asked the payment company again, and the difference is still there.")


class WrongResolution(Conflict):
    code = "wrong_resolution"
    message = _("This does not settle a difference of this kind.")


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = _("Please say why.")


class TransferMissing(Invalid):
    code = "transfer_missing"
    message = _("Please enter the bank's number of the transfer.")


class BadStatement(Invalid):
    code = "bad_statement"
    message = _("This statement cannot be read.")


class NoSuchPrice(Invalid):
    code = "no_such_price"
    message = _("The price list of that day has no such item.")


class ListFinal(Conflict):
    code = "price_list_final"
    message = _("This price list is published. Begin a new one to change prices.")


class ListOverlaps(Conflict):
    code = "price_list_overlaps"
    message = _("Another published price list holds on some of these days.")


class ListEmpty(Conflict):
    code = "price_list_empty"
    message = _("There is nothing in this price list yet.")


class BadPriceLine(Invalid):
    code = "bad_price_line"
    message = _("This line of a price list is not complete.")


class InvoiceFinal(Conflict):
    code = "invoice_final"
    message = _("This invoice is issued. It can be adjusted or replaced, never changed.")


class InvoiceEmpty(Conflict):
    code = "invoice_empty"
    message = _("There is nothing on this invoice yet.")


class NotReplaceable(Conflict):
    code = "not_replaceable"
    message = _("Money of this invoice went back or is about to. It is adjusted, not replaced.")


class NotADeposit(Conflict):
    code = "not_a_deposit"
    message = _("Nothing of this payment is free to be counted here.")


class DiscountTooHigh(Invalid):
    code = "discount_too_high"
    message = _("A discount is between nothing and the whole price, and has a reason.")


class OtherTooHigh(Invalid):
    code = "other_too_high"
    message = _("Others pay between nothing and the patient's own part of the line.")


class NotInsured(Conflict):
    code = "not_insured"
    message = _("Health insurance pays only in person or through a facility that receives the patient.")


class CardUnknown(Invalid):
    code = "card_unknown"
    message = _("This card or this kind of visit says no share. Please check both.")


class LinkSpent(TooMany):
    code = "link_spent"
    message = _("This link was used many times just now. Please wait a few minutes.")


class LinksEnough(Conflict):
    code = "links_enough"
    message = _("There are several links for this payment already. Take one back first.")


class InSummary(Conflict):
    code = "in_summary"
    message = _("This payment stands in its day's summary invoice already. Please ask the facility.")


class EInvoiceUnavailable(Unavailable):
    code = "einvoice_unavailable"
    message = _("The e-invoice service does not answer just now. We will try again.")


class AmountNotTaken(Invalid):
    code = "amount_not_taken"
    message = _("This amount cannot be paid this way. Please choose another way to pay.")


class BadDeposit(Invalid):
    code = "bad_deposit"
    message = _("A deposit is between 1.000 ₫ and 1.000.000.000 ₫.")


class SumDiffers(Conflict):
    code = "sum_differs"
    message = _("These transfers do not add up to the amount of the payment.")


class WaitsElsewhere(WrongState):
    code = "waits_elsewhere"
    message = _("They are paying in another way just now. Look again when that has ended.")


class SayWhy(Invalid):
    code = "say_why"
    message = _("Write the number of the transfer back, or the reason.")


class StatementUnfit(Invalid):
    code = "statement_unfit"
    message = _("The file cannot be read.")
