"""Signatures that anyone can check: Ed25519 under keys derived from MASTER_KEY."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from portal.base.sealing import derive


def private_key(purpose: str) -> Ed25519PrivateKey:
    """The signing key of one purpose, such as "audit heads"."""
    return Ed25519PrivateKey.from_private_bytes(derive(f"signing key of {purpose}"))


def public_key(purpose: str) -> bytes:
    """The 32 bytes that outsiders check signatures with."""
    return private_key(purpose).public_key().public_bytes_raw()


def sign(message: bytes, *, purpose: str) -> bytes:
    """64 bytes (RFC 8032)."""
    return private_key(purpose).sign(message)


def is_signed(message: bytes, signature: bytes, *, key: bytes) -> bool:
    """Whether `signature` over `message` was made by the owner of the public key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
