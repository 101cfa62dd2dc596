"""A load of thousands of packets a second from one Python process: sendmmsg and recvmmsg by ctypes, a call for many packets.

One socket plays all browsers: each has an address of its own (in 127/8, mostly), chosen for every packet by IP_PKTINFO. Everything
that is sent lies ready in one piece of memory before the clock starts. Linux on 64 bits.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import time

MMSGHDR = struct.Struct("=QIIQQQQiiII")  # name, length · iovec, count · control, length · flags · what was carried
IOVEC = struct.Struct("=QQ")
PKTINFO = struct.Struct("=QiiI4s4sI")  # cmsghdr, then in_pktinfo, filled up to 32 bytes
NAME = struct.Struct("=HH4s8x")  # sockaddr_in
IP_PKTINFO, SO_RCVBUFFORCE, SO_SNDBUFFORCE, MSG_DONTWAIT = 8, 33, 32, 0x40
BUFFER, AT_ONCE = 2048, 512
TICK_S = 0.001
NAP_S = 0.0003
_libc = ctypes.CDLL(None, use_errno=True)
UNKNOWN: tuple[int, list[int]] = (0, [])
NO_MEDIA = bytes(range(192, 256))  # in the second byte: RTCP, and DTLS
NO_STUN = bytes(range(4, 256))  # in the first


def address_of(buffer: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


class Crowd:
    """The socket of all."""

    def __init__(self, network: int = 127) -> None:
        """`network`: the first number of the addresses; all of it must lead here."""
        self.network = network
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for forced, plain in ((SO_RCVBUFFORCE, socket.SO_RCVBUF), (SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                self.socket.setsockopt(socket.SOL_SOCKET, forced, 64 << 20)
            except OSError:
                self.socket.setsockopt(socket.SOL_SOCKET, plain, 64 << 20)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.socket.bind(("0.0.0.0", 0))
        self.socket.setblocking(False)
        self.waiting: dict[str, list[bytes]] = {}

    def member(self, number: int) -> Member:
        return Member(self, f"{self.network}.{1 + number // 65025}.{number // 255 % 255}.{1 + number % 255}")

    def take_in(self) -> None:
        """Hand out what has come, while connections are being made."""
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(BUFFER, 64)
            except BlockingIOError:
                return
            for level, kind, value in ancillary:
                if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
                    self.waiting.setdefault(socket.inet_ntoa(value[8:12]), []).append(data)

    def close(self) -> None:
        self.socket.close()


class Member:
    """One browser's share of it, with the verbs of a socket that a peer uses."""

    def __init__(self, crowd: Crowd, address: str) -> None:
        self.crowd, self.address = crowd, address

    def _control(self) -> bytes:
        return struct.pack("=I4s4s", 0, socket.inet_aton(self.address), b"\0" * 4)

    def sendto(self, data: bytes, to: tuple[str, int]) -> None:
        self.crowd.socket.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, self._control())], 0, to)

    def recv(self, _: int) -> bytes:
        self.crowd.take_in()
        queue = self.crowd.waiting.get(self.address)
        if not queue:
            raise BlockingIOError
        return queue.pop(0)

    def getsockname(self) -> tuple[str, int]:
        return self.address, int(self.crowd.socket.getsockname()[1])

    def close(self) -> None:
        self.crowd.waiting.pop(self.address, None)


class Script:
    """Packets in the order of their ticks, with all that the kernel wants to know of them."""

    def __init__(self, packets: list[tuple[int, str, tuple[str, int], bytes]]) -> None:
        """`packets`: (tick, address of the sender, to whom, bytes)."""
        packets.sort(key=lambda each: each[0])
        self.count = len(packets)
        self.ticks = packets[-1][0] + 1 if packets else 0
        self.until = [0] * (self.ticks + 1)  # tick → how many packets lie before its end
        self._data = bytearray(sum(len(each[3]) for each in packets))
        self._vectors = bytearray(IOVEC.size * self.count)
        self._headers = bytearray(MMSGHDR.size * self.count)
        senders = {address: place for place, address in enumerate(sorted({each[1] for each in packets}))}
        self._controls = bytearray(32 * len(senders))
        targets = {target: place for place, target in enumerate(sorted({each[2] for each in packets}))}
        self._names = bytearray(NAME.size * len(targets))
        for address, place in senders.items():
            PKTINFO.pack_into(self._controls, 32 * place, 28, 0, IP_PKTINFO, 0, socket.inet_aton(address), b"\0" * 4, 0)
        for (host, port), place in targets.items():
            NAME.pack_into(self._names, NAME.size * place, socket.AF_INET, socket.htons(port), socket.inet_aton(host))
        data, vectors, controls, names = map(address_of, (self._data, self._vectors, self._controls, self._names))
        self.headers = address_of(self._headers)
        at = 0
        for number, (tick, address, target, packet) in enumerate(packets):
            size = len(packet)
            self._data[at : at + size] = packet
            IOVEC.pack_into(self._vectors, IOVEC.size * number, data + at, size)
            control = controls + 32 * senders[address]
            MMSGHDR.pack_into(
                self._headers,
                MMSGHDR.size * number,
                names + NAME.size * targets[target],
                NAME.size,
                0,
                vectors + IOVEC.size * number,
                1,
                control,
                32,
                0,
                0,
                0,
                0,
            )
            self.until[tick] = number + 1
            at += size
        for tick in range(1, self.ticks):
            self.until[tick] = max(self.until[tick], self.until[tick - 1])


class Listener:
    """Takes in many packets a call, into the same memory."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self.data = bytearray(BUFFER * AT_ONCE)
        self._vectors, self._headers = bytearray(IOVEC.size * AT_ONCE), bytearray(MMSGHDR.size * AT_ONCE)
        data, vectors = address_of(self.data), address_of(self._vectors)
        for number in range(AT_ONCE):
            IOVEC.pack_into(self._vectors, IOVEC.size * number, data + BUFFER * number, BUFFER)
            MMSGHDR.pack_into(
                self._headers, MMSGHDR.size * number, 0, 0, 0, vectors + IOVEC.size * number, 1, 0, 0, 0, 0, 0, 0
            )
        self._address = address_of(self._headers)

    def take(self) -> int:
        """How many packets lie in `data` now, one every 2,048 bytes."""
        count = _libc.recvmmsg(
            self._crowd.socket.fileno(), ctypes.c_void_p(self._address), AT_ONCE, MSG_DONTWAIT, ctypes.c_void_p(0)
        )
        return max(0, count)

    def length(self, number: int) -> int:
        return int(MMSGHDR.unpack_from(self._headers, MMSGHDR.size * number)[9])


class Heard:
    """What came back of a script."""

    def __init__(self) -> None:
        self.packets = 0  # media in the window
        self.all = 0  # media from the beginning
        self.delays: list[float] = []
        self.samples: list[bytes] = []
        self.lateness = 0.0
        self.sent = 0  # in the window
        self.cpu_ns = 0
        self.seconds = 0.0


def play(
    crowd: Crowd, script: Script, process: int, *, warm_s: float, sent_tick: dict[int, tuple[int, list[int]]]
) -> Heard:
    """Send in real time, listen, and count the CPU of all threads of `process` after `warm_s`.

    `sent_tick`: SSRC as it arrives → the number of its first packet, and the tick of each. One packet in 16 is looked at.
    """
    listener, heard, libc = Listener(crowd), Heard(), _libc
    crowd.take_in()
    fileno, headers, size = crowd.socket.fileno(), script.headers, MMSGHDR.size
    moments = [0.0] * (script.ticks + 1)
    clock = time.perf_counter
    warm = int(warm_s / TICK_S)
    gone = tick = 0
    before = cpu_ns(process)
    start = clock() + 0.05
    counted_from = start
    quiet_since = 0.0
    while True:
        now = clock()
        due = int((now - start) / TICK_S) if now >= start else -1
        while tick <= min(due, script.ticks - 1):
            if tick == warm:
                before, heard.packets, heard.sent, counted_from = cpu_ns(process), 0, 0, now
                heard.delays.clear()
            moments[tick] = now
            until = script.until[tick]
            heard.lateness = max(heard.lateness, now - start - tick * TICK_S) if tick > warm else 0.0
            while gone < until:
                done = libc.sendmmsg(fileno, ctypes.c_void_p(headers + size * gone), min(until - gone, AT_ONCE), 0)
                if done <= 0:
                    break
                gone += done
                heard.sent += done
            tick += 1
            now = clock()
        count = listener.take()
        if count:
            now = clock()
            media = len(listener.data[1 : BUFFER * count : BUFFER].translate(None, NO_MEDIA))
            media -= len(listener.data[: BUFFER * count : BUFFER].translate(None, NO_STUN))
            heard.packets += media
            heard.all += media
            for number in range(heard.all % 16, count, 16):
                at = BUFFER * number
                if listener.data[at + 1] >= 192 or listener.data[at] < 128:
                    continue
                first, ticks = sent_tick.get(int.from_bytes(listener.data[at + 8 : at + 12], "big"), UNKNOWN)
                place = (listener.data[at + 2] << 8 | listener.data[at + 3]) - first
                if not 0 <= place < len(ticks):
                    continue
                heard.delays.append(now - moments[ticks[place]])
                if len(heard.samples) < 400:
                    heard.samples.append(bytes(listener.data[at : at + listener.length(number)]))
            quiet_since = now if media else quiet_since
        else:
            # Not poll(): who waits on the socket is woken by each packet, and the relay would pay for the waking.
            time.sleep(min(NAP_S, max(0.0, start + tick * TICK_S - clock())) if tick < script.ticks else NAP_S)
        if tick >= script.ticks and now - max(quiet_since, start) > 0.5:
            break  # reports go on for ever
        if count and tick >= script.ticks and heard.cpu_ns == 0 and heard.packets >= heard.sent:
            heard.cpu_ns, heard.seconds = cpu_ns(process) - before, clock() - counted_from
    if not heard.cpu_ns:
        heard.cpu_ns, heard.seconds = cpu_ns(process) - before, clock() - counted_from
    return heard


def cpu_ns(process: int) -> int:
    """What all threads of a process have run, by the kernel's own count."""
    total = 0
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total
