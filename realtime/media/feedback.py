"""What travels against the stream, and the clocks: reports, lost packets, whole pictures, estimates, transport feedback.

All of it is off the hot path: RTCP comes a few times a second, `tick` runs fifty times a second over what waits.
"""

from __future__ import annotations

from collections.abc import Iterable

from realtime.media import bandwidth, rtcp, rtp
from realtime.media.link import Link
from realtime.media.port import Port
from realtime.media.streams import NACK_EVERY_S, PICTURE_EVERY_S, Sink, Source

TICK_S = 0.02
TRANSPORT_EVERY_S, TRANSPORT_AT_FIRST_S, AT_FIRST_S = 0.1, 0.05, 10.0
RESENT_SHARE = 0.2  # of a slot's rate may be packets sent again
RESENT_LEAST = 30_000  # octets a second that always may: a short burst on a slow stream
NARROW_FOR_S = 2.0
STALE_S = 5.0  # an estimate older than this counts no more


class Feedback:
    """The port's helper for RTCP in both directions."""

    def __init__(self, port: Port) -> None:
        self.port = port

    # what comes in

    def receive(self, link: Link, data: memoryview, now: float) -> None:
        """Take in one compound packet of a browser; what cannot be read is left."""
        try:
            for kind, count, body in rtcp.packets(data):
                if kind == rtcp.SR:
                    self._sender_report(link, rtcp.sender(body), now)
                if kind in (rtcp.SR, rtcp.RR):
                    self._blocks(link, rtcp.blocks(kind, count, body), now)
                elif kind == rtcp.RTPFB and count == rtcp.NACK:
                    self._nack(link, rtcp.media_ssrc(body), rtcp.lost(body), now)
                elif kind == rtcp.PSFB and count == rtcp.PLI:
                    self._picture_wanted(link, rtcp.media_ssrc(body), now)
                elif kind == rtcp.PSFB and count == rtcp.FIR:
                    for ssrc, number in rtcp.demanded(body):
                        if link.fir_seen.get(ssrc) != number and self._sink(link, ssrc):
                            link.fir_seen[ssrc] = number
                            self._picture_wanted(link, ssrc, now)
                elif kind == rtcp.PSFB and count == rtcp.ALFB:
                    told = rtcp.estimate(body)
                    if told:
                        link.estimate, link.estimate_at = told[0], now
        except rtcp.BadRtcp:
            link.refused += 1

    @staticmethod
    def _sink(link: Link, ssrc: int) -> Sink | None:
        return next((sink for sink in link.sinks.values() if sink.ssrc == ssrc), None)

    def _sender_report(self, link: Link, report: rtcp.Sender, now: float) -> None:
        """Passed on with our numbers, so that lips and voice stay together at the other end."""
        source = link.sources.get(report.ssrc)
        if source is None or source.ssrc != report.ssrc:
            return
        source.report, source.report_at = report.ntp >> 16 & 0xFFFFFFFF, now
        if source.tape is not None:
            source.tape.report(source, report.ntp, report.timestamp, now)
        for sink in source.sinks:
            sent, octets = sink.counts
            timestamp = (report.timestamp + sink.timestamp) & 0xFFFFFFFF
            packet = rtcp.sender_report(
                rtcp.Sender(sink.ssrc, report.ntp, timestamp, sent & 0xFFFFFFFF, octets & 0xFFFFFFFF)
            )
            sink.sent_report = (source.report, now)
            self.port.send_rtcp(sink.link, packet + rtcp.description(sink.ssrc, sink.group))

    def _blocks(self, link: Link, blocks: list[rtcp.Block], now: float) -> None:
        for block in blocks:
            sink = self._sink(link, block.ssrc)
            if sink is None:
                continue
            sink.loss = block.fraction_lost
            report, sent_at = sink.sent_report
            if report and block.last_report == report:
                sink.rtt = link.rtt = max(0.0, now - sent_at - block.delay / 65536)

    def _nack(self, link: Link, ssrc: int, wanted: list[int], now: float) -> None:
        sink = self._sink(link, ssrc)
        if sink is None or sink.source is None or not sink.rtx_ssrc or not sink.is_live or link.keys is None:
            return
        allowed = max(RESENT_LEAST, int(sink.source.rate / 8 * RESENT_SHARE))
        for number in wanted:
            sequence = (number - sink.sequence) & 0xFFFF
            packet = sink.source.kept(sequence)
            if packet is None or not sink.belongs(sequence) or now - sink.resent.get(sequence, -1.0) < sink.rtt:
                continue
            if sink.resent_octets + len(packet) > allowed:
                return
            plain = bytearray(packet)
            sink.rewrite(plain, len(plain))
            again = rtp.as_rtx(
                bytes(plain),
                payload_type=sink.rtx_payload_type,
                sequence=sink.rtx_sequence,
                timestamp=int.from_bytes(plain[4:8], "big"),
                ssrc=sink.rtx_ssrc,
                original=number,
            )
            if again is None:
                continue
            sink.rtx_sequence = (sink.rtx_sequence + 1) & 0xFFFF
            sink.resent[sequence] = now
            sink.resent_octets += len(again)
            protected = link.keys.protect(again)
            if protected is not None:
                self.port.send(protected, link.address)

    def _picture_wanted(self, link: Link, ssrc: int, now: float) -> None:
        sink = self._sink(link, ssrc)
        if sink and sink.source:
            self.ask_picture(sink.source, now)

    def ask_picture(self, source: Source, now: float) -> None:
        """Ask the publisher for a whole picture; a wish that comes too soon after another is not lost, it waits.

        Who has sent nothing yet begins with one, and a wish now would only have a later one left unheard.
        """
        if source.kind != "video" or not source.link.is_ready or source.next < 0:
            return
        if now - source.asked_at < PICTURE_EVERY_S:
            source.due_at = source.asked_at + PICTURE_EVERY_S
            return
        # Lost on the way, or left by the browser as too soon: while somebody sees nothing it is asked again.
        source.asked_at, source.due_at = now, now + PICTURE_EVERY_S if source.is_awaited else 0.0
        self.port.send_rtcp(source.link, rtcp.pli(source.link.ssrc, source.ssrc))

    # the clocks

    def tick(self, links: Iterable[Link], now: float) -> None:
        """Fifty times a second."""
        for link in links:
            if link.keys is None:
                if link.handshake is not None and link.address is not None:
                    link.handshake.tick()
                continue
            if link.arrivals.sequences:
                every = TRANSPORT_AT_FIRST_S if now - link.began_at < AT_FIRST_S else TRANSPORT_EVERY_S
                if now - link.told_at >= every:
                    link.told_at = now
                    for message in link.arrivals.feedback(link.ssrc, link.media_ssrc):
                        self.port.send_rtcp(link, message)
            for source in link.sources.values():
                if source.missing:
                    self._ask_again(source, now)
                if source.due_at and now >= source.due_at:
                    self.ask_picture(source, now)

    def _ask_again(self, source: Source, now: float) -> None:
        wanted, gave_up = source.to_ask(now, max(NACK_EVERY_S, source.link.rtt))
        if wanted:
            self.port.send_rtcp(source.link, rtcp.nack(source.link.ssrc, source.ssrc, wanted))
        if gave_up:
            self.ask_picture(source, now)

    def every_second(self, link: Link, parties: int, now: float) -> None:
        """Report to the publisher, tell the rate that may come, and see whether the way down carries pictures."""
        if not link.is_ready:
            return
        blocks, videos = [], []
        for source in link.published:
            source.rate = 8 * (source.octets - source.octets_before)
            source.octets_before = source.octets
            if source.next < 0:
                continue
            blocks.append(_block(source, now))
            if source.kind == "video":
                videos.append(source)
                if source.is_awaited:
                    self.ask_picture(source, now)
        report = rtcp.receiver_report(link.ssrc, blocks)
        for source in videos:
            receivers = [
                bandwidth.Receiver(
                    sink.link.estimate if now - sink.link.estimate_at < STALE_S else 0, _rate_of(sink.link), sink.loss
                )
                for sink in source.sinks
            ]
            report += rtcp.remb(link.ssrc, bandwidth.cap(parties, receivers), [source.ssrc])
        self.port.send_rtcp(link, report)
        self._watch_the_way_down(link, now)
        for sink in link.sinks.values():
            sink.resent_octets = 0
            if len(sink.resent) > 200:
                sink.resent = {number: at for number, at in sink.resent.items() if now - at < 1}

    def _watch_the_way_down(self, link: Link, now: float) -> None:
        """Sound has priority: where even the floor is too much, pictures rest, and are tried again after a while."""
        pictures = [sink for sink in link.sinks.values() if sink.kind == "video" and sink.source is not None]
        if any(sink.paused for sink in pictures):
            if now >= link.resume_at:
                for sink in pictures:
                    sink.paused = False
                    if sink.source:
                        self.ask_picture(sink.source, now)
                link.narrow_since = 0.0
                link.estimate = 0
                link.on_change(link, "pictures_on")
            return
        # An estimate follows what is sent: a small one says little of a stream that is small by itself.
        is_narrow = (
            any(sink.is_live for sink in pictures)
            and 0 < link.estimate < bandwidth.FLOOR
            and now - link.estimate_at < STALE_S
            and (_rate_of(link) >= bandwidth.FLOOR or any(sink.loss > bandwidth.LOSSY for sink in pictures))
        )
        if not is_narrow:
            link.narrow_since = 0.0
            if now - link.resume_at > bandwidth.LONGEST_PAUSE_S:
                link.resume_pause = bandwidth.FIRST_PAUSE_S
            return
        link.narrow_since = link.narrow_since or now
        if now - link.narrow_since < NARROW_FOR_S:
            return
        for sink in pictures:
            sink.paused = True
            sink.hold()
        link.resume_at = now + link.resume_pause
        link.resume_pause = bandwidth.pause_after(link.resume_pause, narrow_again=True)
        link.on_change(link, "pictures_off")


def _rate_of(link: Link) -> int:
    return sum(sink.source.rate for sink in link.sinks.values() if sink.source is not None and sink.is_live)


def _block(source: Source, now: float) -> rtcp.Block:
    """What we received of a stream since the last report."""
    expected = source.highest - source.first + 1
    since, got = expected - source.expected_before, source.packets - source.packets_before
    source.expected_before, source.packets_before = expected, source.packets
    fraction = max(0, min(255, (since - got) * 256 // since)) if since > 0 else 0
    return rtcp.Block(
        ssrc=source.ssrc,
        fraction_lost=fraction,
        lost=expected - source.packets,
        highest=source.highest & 0xFFFFFFFF,
        jitter=int(source.jitter) & 0xFFFFFFFF,
        last_report=source.report,
        delay=int((now - source.report_at) * 65536) & 0xFFFFFFFF if source.report else 0,
    )
