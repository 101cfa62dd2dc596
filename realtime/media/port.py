"""The one UDP port: who sent this, what is it, and on with it. The hot path of the whole relay.

Received in a buffer that is used again and again, decrypted there, twelve bytes of header written anew, encrypted there,
sent. No object is made of a packet and nothing is allocated but the copy kept for retransmissions. The first byte tells
what a datagram is (RFC 7983): 0-3 STUN, 20-63 DTLS, 128-191 RTP and RTCP.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

from pylibsrtp._binding import lib

from realtime.media import rtp
from realtime.media.ice import Desk
from realtime.media.keyframes import begins_picture
from realtime.media.link import Address, Link
from realtime.media.srtp import OK, Buffer
from realtime.media.streams import DROP, HISTORY, LATE, PICTURE_EVERY_S, Sink, Source

BATCH = 512  # datagrams before the loop may look at its clocks
SOCKET_BYTES = 16 << 20
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33  # Linux; not in Python's socket
RECEIVE_BYTES = 1600  # what is longer is no packet of a browser


class Port:
    """A bound socket and what its packets mean. `on_rtcp` and `on_keys` are called for what is not media."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        loopback: bool,
        on_rtcp: Callable[[Link, memoryview, float], None],
        on_keys: Callable[[Link, float], None],
    ) -> None:
        self.by_address: dict[Address, Link] = {}
        self.desk = Desk(self.by_address, loopback=loopback)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        for forced, option in ((SO_RCVBUFFORCE, socket.SO_RCVBUF), (SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                self.socket.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BYTES)
            except OSError:  # not root: as far as net.core.rmem_max and wmem_max allow
                self.socket.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
        self.socket.bind((host, port))
        self.socket.setblocking(False)
        self.forwarded = self.unsent = self.unknown = 0
        self._buffer, self._spare = Buffer(), Buffer()
        self._into = self._buffer.view[:RECEIVE_BYTES]
        self._on_rtcp, self._on_keys = on_rtcp, on_keys

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to read."""
        loop.add_reader(self.socket, self.read)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read no more."""
        loop.remove_reader(self.socket)
        self.socket.close()

    def send(self, data: bytes | memoryview, address: Address | None) -> None:
        """Send what is not media; lost if the socket is full, as UDP may lose it anywhere."""
        if address is None:
            return
        try:
            self.socket.sendto(data, address)
        except OSError:
            self.unsent += 1

    def send_rtcp(self, link: Link, data: bytes) -> None:
        """Encrypt a report or a request, and send it."""
        if link.keys is None or link.address is None:
            return
        packet = link.keys.protect_rtcp(data)
        if packet is not None:
            self.send(packet, link.address)

    def read(self) -> None:
        """Take in what has come, up to a batch of it."""
        buffer, spare = self._buffer, self._spare
        data, view, c, length = buffer.bytes, buffer.view, buffer.c, buffer.length
        spare_view = spare.view
        receive, send, into = self.socket.recvfrom_into, self.socket.sendto, self._into
        find, unpack, pack = self.by_address.get, rtp.HEADER.unpack_from, rtp.HEADER.pack_into
        protect, unprotect, take_extension = lib.srtp_protect, lib.srtp_unprotect, rtp.take_extension
        nanoseconds = time.monotonic_ns
        now = time.monotonic()
        forwarded = 0
        for _ in range(BATCH):
            try:
                size, address = receive(into)
            except OSError:  # nothing left, or an old error of a peer that is gone
                break
            link = find(address)
            if link is None or not 128 <= data[0] <= 191 or 192 <= data[1] <= 223 or link.rx is None or size < 12:
                if size:
                    self._other(link, size, address, now)
                continue
            length[0] = size
            if unprotect(link.rx, c, length):
                link.refused += 1
                continue
            size = length[0]
            first, second, sequence, timestamp, ssrc = unpack(data)
            link.heard = now
            if first & 0x10 and link.number:
                number = take_extension(data, size, link.number)
                if number >= 0:
                    link.arrivals.sequences.append(number)
                    link.arrivals.times.append(nanoseconds())
            source = link.sources.get(ssrc)
            if source is None or second & 0x7F != source.payload_type:
                source = self._rare(link, source, size, now)
                if source is None:
                    continue
            if sequence == source.next and sequence:
                source.next = (sequence + 1) & 0xFFFF
            else:
                verdict = source.judge(sequence, now)
                if verdict == DROP:
                    continue
                if verdict == LATE:
                    self._late(source, bytes(view[:size]))
                    continue
            if source.waiting:
                self._try_to_start(source, size, sequence, timestamp, now)
            source.packets += 1
            source.octets += size
            source.timestamp = timestamp
            source.last_at = now
            if source.history is not None:
                source.history[sequence % HISTORY] = bytes(view[:size])
            if source.tape is not None:
                source.tape.take(source, now, bytes(view[:size]))
            if not sequence & 7:
                source.moved(timestamp, now)
            sinks = source.sinks
            left = len(sinks)
            forwarded += left
            for sink in sinks:
                left -= 1
                if left:  # all but the last get a copy
                    spare_view[:size] = view[:size]
                    out, out_view, out_c, out_length = spare.bytes, spare_view, spare.c, spare.length
                else:
                    out, out_view, out_c, out_length = data, view, c, length
                pack(
                    out,
                    0,
                    first,
                    second & 0x80 | sink.payload_type,
                    (sequence + sink.sequence) & 0xFFFF,
                    (timestamp + sink.timestamp) & 0xFFFFFFFF,
                    sink.ssrc,
                )
                if sink.translate is not None:
                    rtp.translate_extensions(out, size, sink.translate)
                out_length[0] = size
                if protect(sink.tx, out_c, out_length) != OK:
                    continue
                try:
                    send(out_view[: out_length[0]], sink.link.address)  # type: ignore[arg-type]  # None: see below
                except (OSError, TypeError):  # the socket is full, or there is no address at the moment
                    self.unsent += 1
        self.forwarded += forwarded

    def _other(self, link: Link | None, size: int, address: Address, now: float) -> None:
        """Everything that is not media of somebody known."""
        data = self._buffer.view[:size]
        first = data[0]
        if first <= 3:
            answer = self.desk.receive(bytes(data), address, now)
            if answer:
                self.send(answer, address)
        elif link is None or size < 12:
            self.unknown += 1
        elif 20 <= first <= 63:
            if link.handshake is not None and address == link.address:
                link.heard = now
                link.handshake.receive(bytes(data))
                if link.take_keys(now):
                    self._on_keys(link, now)
                elif link.handshake.failed or link.handshake.closed:
                    link.on_change(link, "closed" if link.handshake.closed else "failed")
        elif 128 <= first <= 191 and 192 <= data[1] <= 223 and link.keys is not None:
            plain = link.keys.unprotect_rtcp(data)
            if plain is None:
                link.refused += 1
                return
            link.heard = now
            self._on_rtcp(link, plain, now)

    def _rare(self, link: Link, source: Source | None, size: int, now: float) -> Source | None:
        """Return the source of a packet whose SSRC was not announced; take in what is sent again, and padding."""
        data = self._buffer.bytes
        payload_type = data[1] & 0x7F
        if source is None:
            for number, each in enumerate(link.unbound):
                if each.payload_type == payload_type:
                    each.ssrc = int.from_bytes(data[8:12], "big")
                    link.sources[each.ssrc] = each
                    del link.unbound[number]
                    return each
            link.refused += 1
        elif payload_type == source.rtx_payload_type:
            plain = rtp.from_rtx(data, size, payload_type=source.payload_type, ssrc=source.ssrc)
            if plain is not None and source.judge_late(plain[2] << 8 | plain[3]):
                self._late(source, bytes(plain))
        return None

    def _late(self, source: Source, packet: bytes) -> None:
        """A packet that closes a gap goes to all who saw the gap."""
        sequence = packet[2] << 8 | packet[3]
        if source.history is not None:
            source.history[sequence % HISTORY] = packet
        if source.tape is not None:
            source.tape.take(source, time.monotonic(), packet)
        source.packets += 1
        source.octets += len(packet)
        for sink in source.sinks:
            if sink.belongs(sequence):
                self.send_copy(sink, packet)

    def send_copy(self, sink: Sink, packet: bytes) -> None:
        """Send one of the source's packets in this slot, off the hot path."""
        if sink.link.keys is None:
            return
        copy = bytearray(packet)
        sink.rewrite(copy, len(copy))
        protected = sink.link.keys.protect(copy)
        if protected is not None:
            self.send(protected, sink.link.address)

    def _try_to_start(self, source: Source, size: int, sequence: int, timestamp: int, now: float) -> None:
        """Slots that wait for a whole picture begin with the packet in the buffer, if it begins one."""
        if source.kind == "video":
            start = rtp.payload_at(self._buffer.bytes, size)
            if start < 0 or not begins_picture(source.name, self._buffer.view[start:size]):
                if not source.due_at and source.is_awaited:
                    source.due_at = max(now, source.asked_at + PICTURE_EVERY_S)
                return
        for sink in list(source.waiting):
            if not sink.paused and sink.tx is not None:
                sink.start(sequence, timestamp, now)
        source.due_at = 0.0  # this is the whole picture that was wished for
