"""Merkle trees as Certificate Transparency has them (RFC 9162, section 2.1).

A tree is asked for the hashes of its full subtrees; roots and proofs of any size come from those,
so nothing is computed over all leaves.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256

Node = Callable[[int, int], bytes]  # (level, position) of a full subtree gives its hash

EMPTY = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def nodes_made_by(index: int, leaf: bytes, node: Node) -> Iterator[tuple[int, int, bytes]]:
    """The full subtrees that the leaf at `index` completes: (level, position, hash)."""
    level, position, value = 0, index, leaf_hash(leaf)
    yield level, position, value
    while position % 2:
        value = node_hash(node(level, position - 1), value)
        level, position = level + 1, position // 2
        yield level, position, value


def root(size: int, node: Node) -> bytes:
    """The hash over the first `size` leaves."""
    return _range(0, size, node) if size else EMPTY


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """What shows that leaf `index` is among the first `size` (section 2.1.3)."""
    if not 0 <= index < size:
        raise ValueError("The tree has no such leaf.")
    return _path(index, 0, size, node)


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """What shows that the tree of `second` leaves begins with that of `first` (section 2.1.4)."""
    if not 0 < first <= second:
        raise ValueError("The first size must be above 0 and at most the second.")
    return [] if first == second else _subproof(first, 0, second, True, node)


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range(start: int, end: int, node: Node) -> bytes:
    size = end - start
    level = size.bit_length() - 1
    if size == 1 << level and start % size == 0:
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range(start, middle, node), _range(middle, end, node))


def _path(index: int, start: int, end: int, node: Node) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(index, start, middle, node), _range(middle, end, node)]
    return [*_path(index, middle, end, node), _range(start, middle, node)]


def _subproof(first: int, start: int, end: int, is_whole: bool, node: Node) -> list[bytes]:
    """`first` counts leaves from `start`; `is_whole`: the verifier knows that subtree's root."""
    if first == end - start:
        return [] if is_whole else [_range(start, end, node)]
    middle = start + _split(end - start)
    if first <= middle - start:
        return [*_subproof(first, start, middle, is_whole, node), _range(middle, end, node)]
    rest = _subproof(first - (middle - start), middle, end, False, node)
    return [*rest, _range(start, middle, node)]
