"""Every sentence the call says by script, in the reader's language; handed to the page with json_script."""

from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext

from identity.models import Telemedicine
from realtime.evidence import Link
from realtime.file_words import file_words
from realtime.models import Invite


def call_words() -> dict[str, str]:
    """Return the sentences of the <video-call> element by name."""
    return {
        "camera_asked": _("Please allow the camera and microphone when your browser asks."),
        "denied": _(
            "The browser may not use your camera or microphone. Tap the lock beside the address, allow both, and try again."
        ),
        "no_device": _("No camera or microphone was found. Plug one in or use your phone, then try again."),
        "busy": _("Another program is using your camera or microphone. Close it and try again."),
        "insecure": _("This page cannot use the camera because the connection is not secure."),
        "no_camera": _("No camera found. You can talk without a picture."),
        "no_mic": _("No microphone found. You can be seen, and write in the chat."),
        "devices_ready": _("Camera and microphone are ready."),
        "mic_quiet": _("We cannot hear you yet. Say a few words."),
        "mic_heard": _("We can hear you."),
        "joining": _("Opening the room…"),
        "waiting": _("The doctor will invite you in. You can stay on this page."),
        "waiting_doctor_here": _("The doctor is here and will invite you in soon."),
        "nobody_waiting": _("Nobody is waiting."),
        "waits": _("%(name)s is waiting"),
        "connecting": _("Connecting the picture…"),
        "connected": _("You are connected."),
        "alone_citizen": _("The doctor has lost the connection. Please stay, they are coming back."),
        "consent_missing": _("Please read and agree to the visit by video first."),
        "handed_over": _("%(name)s goes on with your visit."),
        "handed_over_doctor": _("%(name)s has taken the visit over. You may stay for a word, then hang up."),
        "alone_practitioner": _("The citizen is not connected at the moment."),
        "reconnecting": _("The network is weak. Bringing the call back…"),
        "line_lost": _("Your connection is gone. The call comes back by itself."),
        "peer_mic_off": _("%(name)s has turned the microphone off."),
        "peer_camera_off": _("%(name)s has turned the camera off."),
        "peer_media_on": _("%(name)s can be seen and heard."),
        "peer_left": _("%(name)s has left the call."),
        "ended": _("The visit is over."),
        "left": _("You have left the call."),
        "removed": _("The doctor has ended your part of the call."),
        "displaced": _("The call goes on in another window or on another device."),
        "refused": _("The room could not be opened. Please go back and try again."),
        "not_open": _("The room is not open yet. It opens shortly before the visit."),
        "mic_on": _("Mute"),
        "mic_off": _("Unmute"),
        "camera_on": _("Stop camera"),
        "camera_off": _("Start camera"),
        "chat_new": _("New message from %(name)s"),
        "chat_not_sent": _("Not sent yet. It goes out as soon as you are connected."),
        "you": _("You"),
        "muted": _("The doctor has turned your microphone off. Turn it on again when you want to speak."),
        "unmuted": _("The doctor has turned your microphone on again."),
        "person_muted": _("muted by you"),
        "person_mic_on": _("microphone on"),
        "person_mic_off": _("microphone off"),
        "person_away": _("not connected at the moment"),
        "invite_made": _("Send this link to %(name)s yourself."),
        "invite_sent": _("The link is also on its way to %(to)s."),
        "invite_open": _("link not opened yet"),
        "invite_opened": _("link opened"),
        "invite_expired": _("link has run out"),
        "kind_with_citizen": _("station nurse, with the citizen"),
        **{f"kind_{kind}": str(words) for kind, words in Invite.Kind.choices},
        **file_words(),
        **quality_words(),
        **recording_words(),
    }


def recording_words() -> dict[str, str]:
    """Return what is said while a call is, or might be, recorded."""
    return {
        "rec_title_asking": _("Record this call?"),
        "rec_title_asked": _("May this call be recorded?"),
        "rec_yes_asking": _("I agree; ask the others"),
        "rec_yes_asked": _("I agree"),
        "rec_no_asking": _("Do not record"),
        "rec_no_asked": _("I do not agree"),
        "rec_on": _("This call is being recorded"),
        "rec_question": _("The doctor asks to record this call"),
        "rec_waits": _("Not recorded yet: waiting for %(name)s"),
        "rec_rests": _("The recording rests"),
        "rec_unsaid": _(
            "The line is away: the recording stops as soon as it is back. Until then your microphone and camera are off."
        ),
        "rec_rests_for": _("The recording rests until %(name)s has answered"),
        "rec_stop": _("Stop recording"),
        "rec_cancel": _("Do not record"),
        "rec_take_back": _("Take my yes back"),
        "rec_cut_declined": _("Somebody did not agree. The call is not recorded."),
        "rec_cut_withdrawn": _("Somebody no longer agrees. The recording has been stopped."),
        "rec_cut_stopped": _("The recording has been stopped."),
        "rec_cut_left": _("The recording has ended."),
        "rec_cut_over": _("The recording has ended."),
        "rec_cut_limit": _("The recording has become as long as it may be and has been stopped."),
        "rec_cut_storage": _(
            "The recording could not be stored and has been stopped. What was recorded before is kept."
        ),
        "rec_cut_silent": _("The recording has ended."),
        "rec_cut_handed_over": _("The visit is with another doctor now. The recording has been stopped."),
        "rec_cut_broke": _("The recording broke off and goes on as a new part."),
    }


def kept_for(days: int) -> str:
    """Say for how long recordings are kept."""
    years = round(days / 365.25)
    if days >= 730 and abs(years * 365.25 - days) < 10:
        return npgettext("length", "%(n)s year", "%(n)s years", years) % {"n": years}
    return npgettext("length", "%(n)s day", "%(n)s days", days) % {"n": days}


def quality_words() -> dict[str, str]:
    """Return the words for how a call is and for what is done about it."""
    return {
        "excellent": pgettext("call", "very good"),
        "good": pgettext("call", "good"),
        "poor": pgettext("call", "weak"),
        "lost": pgettext("call", "no connection"),
        "quality_mine": _("Your connection: %(word)s"),
        "quality_theirs": _("%(name)s: %(word)s"),
        "step_low": _("The network is weak. The picture is smaller so that the sound stays clear."),
        "step_audio": _("The network is too weak for pictures. You go on with sound only."),
        "step_chat": _("The network is too weak for sound. Please write in the chat."),
        "step_phone": _("The connection does not hold. Please keep your phone at hand, we call you."),
        "step_phone_doctor": _("The connection does not hold. Please call the citizen by phone."),
        "step_full": _("The network is good again. Picture and sound are back."),
        "step_theirs_low": _("%(name)s has a weak network. The picture is smaller for now."),
        "step_theirs_audio": _("%(name)s has a weak network and goes on with sound only."),
        "step_theirs_chat": _("%(name)s has hardly any network. Please write in the chat."),
        "step_theirs_phone": _("%(name)s cannot be reached over the network at the moment."),
        "step_theirs_full": _("%(name)s has a good network again."),
        "full": _("picture and sound"),
        "low": _("smaller picture"),
        "audio": _("sound only"),
        "chat": _("chat only"),
        "phone": _("nothing; by phone"),
        "p2p": _("direct"),
        "turn": _("direct, over a helper"),
        "relay": _("through the house"),
    }


def evidence_words() -> dict[str, str]:
    """Return the words for what the evidence of a visit tells."""
    return {
        "consent": pgettext("evidence", "consent"),
        "device_check": pgettext("evidence", "devices checked"),
        "join": pgettext("evidence", "connected"),
        "let_in": pgettext("evidence", "let in"),
        "gate": pgettext("evidence", "the law was asked"),
        "form": pgettext("evidence", "form"),
        "result": pgettext("evidence", "result"),
        "passed": pgettext("evidence", "may be held at a distance"),
        "facility": pgettext("evidence", "answers for it"),
        "licence": pgettext("evidence", "licence"),
        "asked": pgettext("evidence", "conditions looked at"),
        "station": pgettext("evidence", "station"),
        "beside": pgettext("evidence", "at the same device"),
        "citizen_here": pgettext("evidence", "the citizen sits before the camera"),
        "nurse": _("station nurse"),
        **{form: str(words) for form, words in Telemedicine.choices},
        "topology": pgettext("evidence", "pictures take another way"),
        "leave": pgettext("evidence", "disconnected"),
        "handed_over": pgettext("evidence", "the visit went to another doctor"),
        "closed": pgettext("evidence", "the visit is closed"),
        "note_final": pgettext("evidence", "the note is final"),
        "citizen": _("citizen"),
        "practitioner": _("doctor"),
        "guest": _("guest"),
        "what": pgettext("evidence", "to what"),
        "given": pgettext("evidence", "agreed"),
        "True": pgettext("evidence", "yes"),
        "False": pgettext("evidence", "no"),
        "remote_visit": pgettext("evidence", "being treated by video"),
        "recording": pgettext("evidence", "recording"),
        "camera": pgettext("evidence", "camera"),
        "microphone": pgettext("evidence", "microphone"),
        "speaker": pgettext("evidence", "speaker"),
        "network": pgettext("evidence", "network"),
        "excellent": pgettext("evidence", "very good"),
        "good": pgettext("evidence", "good"),
        "poor": pgettext("evidence", "weak"),
        "language": pgettext("evidence", "language"),
        "vi": pgettext("evidence", "Vietnamese"),
        "en": pgettext("evidence", "English"),
        "ok": pgettext("evidence", "in order"),
        "none": pgettext("evidence", "not there"),
        "denied": pgettext("evidence", "not allowed"),
        "busy": pgettext("evidence", "in use elsewhere"),
        "silent": pgettext("evidence", "silent"),
        "skipped": pgettext("evidence", "not tried"),
        "state": pgettext("evidence", "place"),
        "waiting": pgettext("evidence", "in the waiting room"),
        "admitted": pgettext("evidence", "in the call"),
        "why": pgettext("evidence", "because"),
        "lost": pgettext("evidence", "the line was lost"),
        "left": pgettext("evidence", "hung up"),
        "displaced": pgettext("evidence", "opened elsewhere"),
        "removed": pgettext("evidence", "asked to leave"),
        "over": pgettext("evidence", "the visit was closed"),
        "former": pgettext("evidence", "before"),
        "from": pgettext("evidence", "from"),
        "to": pgettext("evidence", "to"),
        "reasons": pgettext("evidence", "because"),
        "p2p": _("direct"),
        "relay": _("through the house"),
        "third_person": pgettext("evidence", "a third person"),
        "policy": pgettext("evidence", "rule of the house"),
        "wish": pgettext("evidence", "question no."),
        "text": pgettext("evidence", "wording"),
        "days": pgettext("evidence", "kept for days"),
        "part": pgettext("evidence", "part"),
        "on": pgettext("evidence", "running"),
        "paused": pgettext("evidence", "resting"),
        "off": pgettext("evidence", "ended"),
        "unwanted": pgettext("evidence", "the patient asks for it to be deleted"),
        "deleted": pgettext("evidence", "deleted"),
        "unanswered": pgettext("evidence", "nobody said why it should be kept"),
        "kept_long_enough": pgettext("evidence", "kept as long as was said"),
        "declined": pgettext("evidence", "somebody did not agree"),
        "withdrawn": pgettext("evidence", "a consent was taken back"),
        "stopped": pgettext("evidence", "stopped by the doctor"),
        "newcomer": pgettext("evidence", "somebody came in"),
        "away": pgettext("evidence", "nobody was there"),
        "broke": pgettext("evidence", "the relay was lost"),
        "limit": pgettext("evidence", "as long as it may be"),
        "storage": pgettext("evidence", "could not be stored"),
        "version": pgettext("evidence", "version"),
        "sha256": pgettext("evidence", "check sum"),
    }


def facts_in_words(link: Link, words: dict[str, str]) -> list[str]:
    """Give the facts of a row of evidence in words, without those that say who."""
    found = []
    for name, value in link.facts.items():
        if name in {"role", "name", "user", "seat"}:
            continue
        values = value if isinstance(value, list) else [value]
        said = " + ".join(words.get(str(one), str(one)) for one in values) or "–"
        found.append(f"{words.get(name, name)}: {said}")
    return found
