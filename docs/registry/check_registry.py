"""Check a registry's log from the outside. Needs Python 3.11; `pip install cryptography` for the
signature.

    python check_registry.py https://signet.example              once: read all, check, remember
    python check_registry.py https://signet.example              again: nothing may have changed

What was seen is remembered in registry-seen.json beside you. It exits with 1 and says why when the
log's hash is not the one that was signed, when a signature is wrong, when the key changed, or when
an earlier state is not contained in the present one (RFC 9162, section 2.1).
"""

import json
import sys
import urllib.request
from hashlib import sha256
from pathlib import Path

SEEN = Path("registry-seen.json")


class Broken(Exception):
    """The log is not what it says it is."""


def hash_leaf(leaf: str) -> bytes:
    return sha256(b"\x00" + leaf.encode()).digest()


def hash_pair(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: list[str]) -> bytes:
    """Level by level; an odd one out moves up as it is, which is the same tree as the RFC's."""
    level = [hash_leaf(leaf) for leaf in leaves] or [sha256(b"").digest()]
    while len(level) > 1:
        pairs = [hash_pair(*level[n : n + 2]) for n in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def check_inclusion(leaf: str, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162, section 2.1.3.2."""
    number, last, value = index, size - 1, hash_leaf(leaf)
    for other in path:
        if last == 0:
            raise Broken("The path is too long.")
        if number % 2 or number == last:
            value = hash_pair(other, value)
            while number % 2 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            value = hash_pair(value, other)
        number, last = number >> 1, last >> 1
    if last or value != root:
        raise Broken(f"Entry {index} is not in the log of {size}.")


def check_consistency(first: int, second: int, old: bytes, new: bytes, path: list[bytes]) -> None:
    """RFC 9162, section 2.1.4.2."""
    if first == second:
        if old != new or path:
            raise Broken("Two logs of one size differ.")
        return
    if first & (first - 1) == 0:
        path = [old, *path]
    if not path:
        raise Broken("The proof is empty.")
    number, last = first - 1, second - 1
    while number % 2:
        number, last = number >> 1, last >> 1
    one = two = path[0]
    for other in path[1:]:
        if last == 0:
            raise Broken("The proof is too long.")
        if number % 2 or number == last:
            one, two = hash_pair(other, one), hash_pair(other, two)
            while number % 2 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            two = hash_pair(two, other)
        number, last = number >> 1, last >> 1
    if last or one != old or two != new:
        raise Broken(f"The log of {second} does not begin with that of {first}: it was rewritten.")


def check_signature(head: dict) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    said = {"size": head["size"], "root": head["root"], "signed_at": head["signed_at"]}
    message = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["key"]))
        key.verify(bytes.fromhex(head["signature"]), message)
    except InvalidSignature:
        raise Broken("The signature of the head is wrong.") from None


def check(fetch, seen: dict | None) -> dict:
    """Check the whole log; `fetch` gives the JSON behind a path. Returns the head to remember."""
    head = fetch("/registry/log/head/")
    if head["size"] == 0:
        if seen:
            raise Broken("The log is empty now.")
        return head
    check_signature(head)
    leaves: list[str] = []
    while len(leaves) < head["size"]:
        more = fetch(f"/registry/log/entries/?start={len(leaves)}")["leaves"]
        if not more:
            raise Broken("Entries are missing.")
        leaves += more
    root = bytes.fromhex(head["root"])
    if root_of(leaves[: head["size"]]) != root:
        raise Broken("The entries don't add up to the head that was signed.")
    if seen and seen["size"]:
        if seen["key"] != head["key"]:
            raise Broken("The log is signed with another key than before.")
        if seen["size"] > head["size"]:
            raise Broken("The log is shorter than before.")
        path = f"/registry/log/consistency/?first={seen['size']}&second={head['size']}"
        proof = [bytes.fromhex(value) for value in fetch(path)["path"]]
        check_consistency(seen["size"], head["size"], bytes.fromhex(seen["root"]), root, proof)
    return head


def main() -> None:
    site = sys.argv[1].rstrip("/")

    def fetch(path: str) -> dict:
        with urllib.request.urlopen(site + path, timeout=30) as answer:
            return json.load(answer)

    seen = json.loads(SEEN.read_text()) if SEEN.exists() else None
    try:
        head = check(fetch, seen)
    except Broken as fault:
        sys.exit(f"BROKEN: {fault}")
    SEEN.write_text(json.dumps(head, indent=1))
    print(f"The log of {head['size']} entries is sound.")


if __name__ == "__main__":
    main()
