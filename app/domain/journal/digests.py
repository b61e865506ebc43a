"""One digest over many: a Merkle tree that is built from a stream and keeps no more than its right edge."""

import hashlib

from app.domain.journal.values import canonical

# Leaves and knots are hashed differently, so that none can be passed off as the other.
_LEAF, _KNOT = b"\x00", b"\x01"


class Tree:
    """Digests of chains' ends, added in the order of their names."""

    def __init__(self) -> None:
        self._edge: list[tuple[int, bytes]] = []
        self.leaves = 0

    def add(self, chain: str, position: int, head: bytes) -> None:
        """Add the end of a chain."""
        height, digest = 0, hashlib.sha256(_LEAF + canonical([chain, position, head.hex()])).digest()
        while self._edge and self._edge[-1][0] == height:
            digest = _join(self._edge.pop()[1], digest)
            height += 1
        self._edge.append((height, digest))
        self.leaves += 1

    def root(self) -> bytes:
        """Return the digest over everything that was added."""
        if not self._edge:
            return hashlib.sha256(b"").digest()
        digest = self._edge[-1][1]
        for _height, left in reversed(self._edge[:-1]):
            digest = _join(left, digest)
        return digest


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_KNOT + left + right).digest()
