"""Tapes and films, sealed piece by piece in STORAGES["files"]: each piece under a key of its own recording, bound to its number.

A tape is a row of chunks, the next free number last: what a killed relay had stored can be read. A film is cut in blocks of
equal size, so that a browser that jumps reads only what it shows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from core import sealing

BLOCK = 256 * 1024
PURPOSE = "realtime.recording"
AT_HAND = 3  # blocks of a film that is written or read which stay in memory


def _storage() -> Storage:
    return storages["files"]


def _put(place: str, name: str, content: bytes) -> None:
    sealed = sealing.seal(content, purpose=f"{PURPOSE}.{place}", owner=name)
    path = f"{place}.{name}"
    if _storage().exists(path):
        _storage().delete(path)
    stored = _storage().save(path, ContentFile(sealed))
    assert stored == path, "a random name was taken"


def _take(place: str, name: str) -> bytes:
    with _storage().open(f"{place}.{name}") as stored:
        return sealing.unseal(stored.read(), purpose=f"{PURPOSE}.{place}", owner=name)


def _count(place: str, letter: str) -> int:
    """How many pieces lie there, without a hole before the last."""
    step = 1
    while _storage().exists(f"{place}.{letter}{step - 1}"):
        step *= 2
    low, high = step // 2, step - 1  # so many are there; at most so many
    while low < high:
        middle = (low + high + 1) // 2
        if _storage().exists(f"{place}.{letter}{middle - 1}"):
            low = middle
        else:
            high = middle - 1
    return low


def _drop(place: str, letter: str) -> None:
    # From the end: whoever dies in between leaves a shorter row, and no hole in it.
    for number in reversed(range(_count(place, letter))):
        _storage().delete(f"{place}.{letter}{number}")


def _is_whole(place: str, name: str) -> bool:
    try:
        _take(place, name)
    except (sealing.SealBroken, FileNotFoundError):
        return False
    return True


class Tapes:
    """A relay's vault (media.tape.Vault): called in its threads."""

    def count(self, place: str) -> int:
        """How many chunks lie there already. One that a dying relay had only begun to store is none: it is replaced."""
        stored = _count(place, "t")
        return stored if not stored or _is_whole(place, f"t{stored - 1}") else stored - 1

    def put(self, place: str, number: int, chunk: bytes) -> None:
        """Seal and store one chunk; the same number again replaces it."""
        _put(place, f"t{number}", chunk)


def chunks(place: str) -> Iterator[bytes]:
    """Open a tape, chunk by chunk, up to a last one of which only a part is stored (yet). Raises SealBroken."""
    stored = _count(place, "t")
    for number in range(stored):
        try:
            yield _take(place, f"t{number}")
        except sealing.SealBroken:
            if number != stored - 1:
                raise


def drop_tape(place: str) -> None:
    """Take a tape away; what is not there is no matter."""
    _drop(place, "t")


def drop_film(place: str) -> None:
    """Take a film away."""
    _drop(place, "b")


class FilmWriter:
    """A film while it is written, like a file. Only a few blocks are in memory, none is ever open on a disk.

    The first one stays to the end: the container completes its head there.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._blocks: dict[int, bytearray] = {}
        self._at = 0
        self.size = 0

    def write(self, data: bytes) -> int:
        """Write where one stands."""
        view = memoryview(data)
        while view:
            number, offset = divmod(self._at, BLOCK)
            block = self._block(number)
            part = view[: BLOCK - offset]
            if len(block) < offset:
                block.extend(bytes(offset - len(block)))
            block[offset : offset + len(part)] = part
            self._at += len(part)
            self.size = max(self.size, self._at)
            view = view[len(part) :]
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Stand somewhere else."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        """Say where one stands."""
        return self._at

    def seekable(self) -> bool:
        """Yes."""
        return True

    def finish(self) -> int:
        """Store what is left; return the size."""
        for number in sorted(self._blocks):
            _put(self._place, f"b{number}", bytes(self._blocks[number]))
        self._blocks.clear()
        return self.size

    def _block(self, number: int) -> bytearray:
        if number not in self._blocks:
            is_stored = number * BLOCK < self.size and _storage().exists(f"{self._place}.b{number}")
            self._blocks[number] = bytearray(_take(self._place, f"b{number}") if is_stored else b"")
            for done in sorted(each for each in self._blocks if each not in (0, number))[: -AT_HAND + 1]:
                _put(self._place, f"b{done}", bytes(self._blocks.pop(done)))
        return self._blocks[number]


class FilmReader(io.RawIOBase):
    """A film as a file to be read."""

    def __init__(self, place: str, size: int) -> None:
        super().__init__()
        self._place, self._size, self._at = place, size, 0
        self._near: dict[int, bytes] = {}

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Stand somewhere else."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Say where one stands."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on, at most to the end of a block. Raises FileNotFoundError, SealBroken."""
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, BLOCK)
        if number not in self._near:
            if len(self._near) >= AT_HAND:
                del self._near[next(iter(self._near))]
            self._near[number] = _take(self._place, f"b{number}")
        part = self._near[number][offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


Opener = Callable[[str, int], FilmReader]
