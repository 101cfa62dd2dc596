"""ICE-lite: the relay waits for checks, answers those that know the password, and goes where the browser says (RFC 8445).

Nothing is sent to an address that has not proved itself, and no state changes before MESSAGE-INTEGRITY is checked.
"""

from __future__ import annotations

from collections import OrderedDict

from realtime.media import stun
from realtime.media.addresses import may_speak_to
from realtime.media.link import MOST_ADDRESSES, Address, Link, Words

REMEMBERED = 4096  # checks of the last moments, so that a copy from elsewhere moves nobody
FAILURES_A_SECOND = 20  # of one host; more are not looked at
MOST_HOSTS = 4096


class Desk:
    """Where checks are answered. `by_address` belongs to the port, which finds the link of each packet in it."""

    def __init__(self, by_address: dict[Address, Link], *, loopback: bool) -> None:
        self.by_ufrag: dict[str, tuple[Link, Words]] = {}
        self._by_address = by_address
        self._loopback = loopback
        self._seen: OrderedDict[bytes, Address] = OrderedDict()
        self._failures: dict[str, int] = {}
        self._second = 0

    def enter(self, link: Link) -> None:
        """Answer checks for this link from now on."""
        self.by_ufrag[link.words.ufrag] = (link, link.words)

    def restart(self, link: Link, words: Words) -> None:
        """New words beside the old; the old ones go once the new ones are used."""
        if link.words_before:
            self.by_ufrag.pop(link.words_before.ufrag, None)
        link.words_before, link.words = link.words, words
        self.enter(link)

    def forget(self, link: Link) -> None:
        """Nothing of this link stays."""
        for words in filter(None, (link.words, link.words_before)):
            self.by_ufrag.pop(words.ufrag, None)
        for address in list(link.addresses):
            if self._by_address.get(address) is link:
                del self._by_address[address]
        link.addresses.clear()
        link.address = None

    def receive(self, data: bytes, address: Address, now: float) -> bytes | None:
        """Judge one datagram that looks like STUN; return what to answer, if anything."""
        if self._is_tiresome(address[0], now):
            return None
        judged = self._judge(data, address)
        if judged is None:
            self._count_failure(address[0])
            return None
        message, link, words = judged
        if stun.ICE_CONTROLLED in message.attributes:
            return stun.refusal(message.transaction, stun.ROLE_CONFLICT, "Role Conflict", words.password)
        if self._seen.get(message.transaction, address) != address:
            return None  # a copy of somebody else's check
        self._seen[message.transaction] = address
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        holder = self._by_address.get(address)
        if holder is not None and holder is not link and words is not link.words:
            return None  # an old session does not take an address away
        self._note(link, words, address, now, nominated=stun.USE_CANDIDATE in message.attributes)
        return stun.success(message.transaction, (address[0], address[1]), words.password)

    def _judge(self, data: bytes, address: Address) -> tuple[stun.Message, Link, Words] | None:
        """The check with the session it belongs to; None when any proof is missing or nothing of ours goes there."""
        message = stun.read(data)
        if message is None or message.kind != stun.REQUEST:
            return None
        ours, _, theirs = message.username.partition(":")
        link, words = self.by_ufrag.get(ours, (None, None))
        if link is None or words is None or words.theirs != theirs or not message.knows(words.password):
            return None
        if not may_speak_to(address[0], address[1], loopback=self._loopback):
            return None
        return message, link, words

    def _note(self, link: Link, words: Words, address: Address, now: float, *, nominated: bool) -> None:
        holder = self._by_address.get(address)
        if holder is not None and holder is not link:
            holder.addresses.pop(address, None)
            if holder.address == address:
                holder.address = None
        self._by_address[address] = link
        link.addresses[address] = now
        link.heard = now
        if len(link.addresses) > MOST_ADDRESSES:
            oldest = min(
                (each for each in link.addresses if each != link.address), key=lambda each: link.addresses[each]
            )
            del link.addresses[oldest]
            self._by_address.pop(oldest, None)
        if words is link.words:
            # Until something is nominated, any proven address will do; then only a nomination moves us.
            if nominated or link.address is None:
                link.address = address
            if nominated and link.words_before:
                self.by_ufrag.pop(link.words_before.ufrag, None)
                link.words_before = None

    def _is_tiresome(self, host: str, now: float) -> bool:
        if int(now) != self._second:
            self._second = int(now)
            self._failures.clear()
        return self._failures.get(host, 0) >= FAILURES_A_SECOND

    def _count_failure(self, host: str) -> None:
        if host in self._failures or len(self._failures) < MOST_HOSTS:
            self._failures[host] = self._failures.get(host, 0) + 1
