"""Web push on the wire: words sealed for one browser (RFC 8291, aes128gcm of RFC 8188), and the
signature by which a push service knows who sends (VAPID, RFC 8292).
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from portal.base.sealing import derive

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
RECORD = 4096  # bytes; a push service takes one record
KEY_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
SIGNED_FOR = timedelta(hours=12)  # RFC 8292 allows at most 24


def seal_push(
    words: bytes,
    *,
    p256dh: str,
    auth: str,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push, which only the browser that holds the keys can read.

    Arguments:
        p256dh, auth: the browser's public key and secret, base64url.
        ours, salt: for a test against the RFC's sample only; else made anew each time.
    """
    theirs, secret = read_keys(p256dh, auth)
    ours = ours or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT_BYTES)
    public = _point(ours.public_key())
    info = b"WebPush: info\0" + _point(theirs) + public
    shared = HKDF(SHA256(), 32, secret, info).derive(ours.exchange(ec.ECDH(), theirs))
    key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(shared)
    nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(shared)
    header = salt + RECORD.to_bytes(4, "big") + bytes([KEY_BYTES]) + public
    return header + AESGCM(key).encrypt(nonce, words + b"\x02", None)  # 2: the last record


def read_keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """A browser's keys taken apart. Raises ValueError where they are none."""
    secret = decode(auth)
    if len(secret) != AUTH_BYTES:
        raise ValueError("The secret has 16 bytes.")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(p256dh)), secret


def authorization(endpoint: str, *, now: datetime) -> str:
    """The header by which the push service of `endpoint` knows us."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + SIGNED_FOR).timestamp()),
        "sub": settings.VAPID_CONTACT,
    }
    return f"vapid t={jwt.encode(claims, _our_key(), algorithm='ES256')}, k={public_key()}"


def public_key() -> str:
    """What browsers subscribe with, base64url."""
    return encode(_point(_our_key().public_key()))


@cache
def _our_key() -> ec.EllipticCurvePrivateKey:
    """VAPID_PRIVATE_KEY, or one made from MASTER_KEY: the same one in every process."""
    if settings.VAPID_PRIVATE_KEY:
        number = int.from_bytes(decode(settings.VAPID_PRIVATE_KEY), "big")
    else:
        number = int.from_bytes(derive("vapid"), "big") % (ORDER - 1) + 1
    return ec.derive_private_key(number, CURVE)


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ValueError where it is no base64url."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
