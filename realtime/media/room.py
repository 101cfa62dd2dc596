"""Who sees whom in which slot. Slots are made when somebody joins, so nobody renegotiates when others come and go.

Knows no sockets: it attaches sources to sinks and tells which key frames are wanted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from realtime.media.errors import RoomFull
from realtime.media.link import Link
from realtime.media.sdp import PASSED, Offer, Section, Stream, chosen
from realtime.media.streams import Sink, Source

MOST_SEATS = 6


@dataclass
class RoomMedia:
    """The people of one room on this relay, and what each is shown."""

    id: str
    codec: str = ""  # of pictures; agreed by the first who joins
    links: dict[str, Link] = field(default_factory=dict)
    empty_since: float = 0.0
    due_at: float = 0.0  # when its second is over: rooms take turns, so that no moment has the work of all
    on_slots: Callable[[Link], None] = lambda _: None
    _extensions: dict[int, dict[str, int]] = field(default_factory=dict)  # id of a source → its numbers

    def make_way(self, seat_id: str) -> None:
        """Raises RoomFull when one more would be too many."""
        if seat_id not in self.links and len(self.links) >= MOST_SEATS:
            raise RoomFull

    def prepare(self, link: Link, offer: Offer) -> dict[str, Stream]:
        """Make the newcomer's sources and slots; return the streams of their answer."""
        taken = {ssrc for each in self.links.values() for ssrc in each.sources}
        streams: dict[str, Stream] = {}
        places = {"audio": 0, "video": 0}
        for section in offer.sections:
            codec = None if section.is_rejected else chosen(section, self.codec)
            if codec is None:
                continue
            if section.sends:
                source = Source(link, section.kind, section.mid, codec, section.ssrc, section.rtx_ssrc)
                self._extensions[id(source)] = _passed(section)
                self._publish(link, source)
            if section.receives:
                place, places[section.kind] = places[section.kind], places[section.kind] + 1
                ssrc = _new_ssrc(taken)
                rtx_ssrc = _new_ssrc(taken) if codec.rtx else 0
                group = f"slot{place}"
                sink = Sink(link, section.mid, section.kind, group, codec, ssrc, rtx_ssrc)
                sink.extensions = _passed(section)
                link.sinks[section.mid] = sink
                streams[section.mid] = Stream(group, ssrc, rtx_ssrc)
        return streams

    @staticmethod
    def _publish(link: Link, source: Source) -> None:
        if not source.ssrc:
            link.unbound.append(source)
            return
        link.sources[source.ssrc] = source
        if source.rtx_ssrc:
            link.sources[source.rtx_ssrc] = source
        if source.kind == "video" or not link.media_ssrc:
            link.media_ssrc = source.ssrc

    def enter(self, link: Link) -> list[Source]:
        """Show the newcomer to all and all to the newcomer; return the sources of which whole pictures are wanted."""
        self.links[link.seat_id] = link
        for other in self.links.values():
            if other is not link:
                self._show(other, link)
                self._show(link, other)
        self.tell_all()
        return [source for other in self.links.values() for source in other.published if source.waiting]

    def _show(self, viewer: Link, publisher: Link) -> None:
        """The publisher's streams into the viewer's free slots, voice and face of one person side by side."""
        free = [sink for sink in viewer.sinks.values() if sink.source is None]
        audible = [sink for sink in free if sink.kind == "audio"]
        visible = [sink for sink in free if sink.kind == "video"]
        pairs = {sink.group for sink in audible} & {sink.group for sink in visible}
        group = next((sink.group for sink in audible if sink.group in pairs), "")
        for kind, sinks in (("audio", audible), ("video", visible)):
            ordered = sorted(sinks, key=lambda sink: sink.group != group)  # sort() is stable: the rest in their order
            for source, sink in zip((each for each in publisher.published if each.kind == kind), ordered, strict=False):
                sink.attach(source, self._translation(source, sink))

    def _translation(self, source: Source, sink: Sink) -> dict[int, int] | None:
        """None when both number their extensions so that nothing can be mistaken."""
        theirs, ours = self._extensions[id(source)], sink.extensions
        meaning = {number: uri for uri, number in ours.items()}
        if all(meaning.get(number, uri) == uri and ours.get(uri, number) == number for uri, number in theirs.items()):
            return None
        return {number: ours[uri] for uri, number in theirs.items() if uri in ours}

    def number_of(self, source: Source, uri: str) -> int:
        """Return the publisher's own number of a header extension that is passed on; 0 when it has none."""
        return self._extensions.get(id(source), {}).get(uri, 0)

    def leave(self, seat_id: str) -> Link | None:
        """Take somebody out of everybody's slots, and give the free ones to those who had none."""
        link = self.links.pop(seat_id, None)
        if link is None:
            return None
        self.dismiss(link)
        for viewer in self.links.values():
            for publisher in self.links.values():
                shown = {id(sink.source) for sink in viewer.sinks.values() if sink.source}
                if publisher is not viewer and publisher.published and not shown & {id(s) for s in publisher.published}:
                    self._show(viewer, publisher)
        self.tell_all()
        return link

    def dismiss(self, link: Link) -> None:
        """Nothing of this link's streams stays with the others."""
        for sink in link.sinks.values():
            sink.detach()
        for source in link.published:
            for sink in [*source.sinks, *source.waiting]:
                sink.detach()
            self._extensions.pop(id(source), None)

    def tell_all(self) -> None:
        """Each hears who is in their slots now."""
        for link in self.links.values():
            self.on_slots(link)

    @staticmethod
    def slots(link: Link) -> list[dict[str, Any]]:
        """What a client needs to put names to pictures."""
        return [
            {
                "mid": sink.mid,
                "kind": sink.kind,
                "seat": sink.source.link.seat_id if sink.source else None,
                "track": sink.source.label if sink.source else None,
            }
            for sink in link.sinks.values()
        ]


def _passed(section: Section) -> dict[str, int]:
    return {uri: section.extensions[uri] for uri in PASSED[section.kind] if uri in section.extensions}


def _new_ssrc(taken: set[int]) -> int:
    while (ssrc := secrets.randbits(32)) in taken or not ssrc:
        pass
    taken.add(ssrc)
    return ssrc
