"""What the relay refuses. Codes for the app, which has the words for people."""


class Refused(Exception):
    """The relay will not do it, and nothing has changed."""

    code = "refused"


class BadOffer(Refused):
    """The offer is none that the relay understands."""

    code = "bad_offer"


class NoCommonCodec(Refused):
    """The browser has no way of coding pictures that this room uses."""

    code = "no_common_codec"


class NoSuchRoom(Refused):
    """No such room is open on this relay."""

    code = "no_such_room"


class NoSuchSeat(Refused):
    """Nobody sits there in this room."""

    code = "no_such_seat"


class RoomFull(Refused):
    """All seats of the room are taken."""

    code = "room_full"


class RelayFull(Refused):
    """This relay has as many people as it can serve; another one may have room."""

    code = "relay_full"


class BadOrder(Refused):
    """What is to be recorded was not said in the way that is understood."""

    code = "bad_order"


class NoRecording(Refused):
    """This relay has nowhere to put a recording."""

    code = "no_recording"


KINDS = (BadOffer, NoCommonCodec, NoSuchRoom, NoSuchSeat, RoomFull, RelayFull, BadOrder, NoRecording)
BY_CODE = {each.code: each for each in KINDS}
