"""Secrets at rest: sealed with AES-256-GCM under a key derived from MASTER_KEY."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


class Unreadable(Exception):
    """The sealed bytes were altered, swapped, or sealed under another key."""


def derive(purpose: str) -> bytes:
    """A 32-byte key for one purpose, from MASTER_KEY (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, b"signet", purpose.encode()).derive(settings.MASTER_KEY.encode())


def seal(data: bytes, *, key: bytes, bound_to: str) -> bytes:
    """Nonce and ciphertext; `bound_to` names the row and field, so that two rows can't be
    swapped.
    """
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to.encode())


def unseal(sealed: bytes, *, key: bytes, bound_to: str) -> bytes:
    """The bytes that were sealed for `bound_to`. Raises Unreadable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(f"What was sealed for {bound_to} can't be read.") from error


def seal_text(text: str, *, bound_to: str) -> str:
    """A short secret, such as an app secret, as text for a column."""
    return base64.b64encode(seal(text.encode(), key=derive("text"), bound_to=bound_to)).decode()


def unseal_text(sealed: str, *, bound_to: str) -> str:
    """The secret that `seal_text` sealed for `bound_to`. Raises Unreadable."""
    return unseal(base64.b64decode(sealed), key=derive("text"), bound_to=bound_to).decode()
