"""The media relay: it passes packets between the people of a room, on one UDP port, and never decodes what it passes.

The only place that knows aiortc, OpenSSL's DTLS and libsrtp; it knows neither Django nor the database. From outside:

    control.Local(relay) in this process, control.Remote(place, secret) for `lanh.py media`: the same verbs (control.Media)
        await media.open_room(room)                     again changes nothing
        await media.join(room, seat, offer) → answer    the browser offers once: its own tracks `sendonly` (or sendrecv), then
                                                        a `recvonly` audio and video for each other seat there may ever be
        await media.restart_ice(room, seat, offer) → answer   the same connection by a new path, after pc.restartIce()
        await media.leave(room, seat), close_room(room)
        await media.record(room, order)                 write down those who agreed (tape.Order), or nobody
        await media.slots(room, seat), stats(room), load()
        media.listen(callback) → stop                   events, see below
    Refusals are errors.Refused with a `code`; control.NotThere says that the relay is gone: nodes.assign() finds another,
    with a higher fence, and every browser of the room offers anew.

    {"event": "slots", room, seat, slots: [{mid, kind, seat, track}]}   whom this seat sees where, whenever it changes;
                                                        `track` is the mid of the publisher's own section
    connected · silent (3 s) · back · gone {why} · pictures_off · pictures_on · not_there (from Remote only)
    {"event": "tape_ended", room, place, why}           a recording has reached its bounds, or could not be stored

The offer comes from realtime.sdp.checked_description; the answer is ours throughout. Seats are strings and mean nothing
here: who may sit where has been decided before. Rooms are soft state: nothing is kept when the process ends.

Files, from the wire upwards: rtp rtcp twcc stun sdp keyframes bandwidth (pure) · srtp dtls ice (keys and paths) · streams
link (what is known of a stream and of a person) · port (the hot path) · feedback (RTCP, clocks) · room relay control.
Recording: tape (what is written down) recorder (of whom) in the relay; film pictures (what is made of it) in a job.
"""
