"""Every sentence the call says by script, in the reader's language; handed to the page with json_script."""

from django.utils.translation import gettext as _


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
        "mic_on": _("Turn the microphone off"),
        "mic_off": _("Turn the microphone on"),
        "camera_on": _("Turn the camera off"),
        "camera_off": _("Turn the camera on"),
        "chat_new": _("New message from %(name)s"),
        "chat_not_sent": _("Not sent yet. It goes out as soon as you are connected."),
        "you": _("You"),
    }
