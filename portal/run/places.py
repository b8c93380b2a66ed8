"""Where the embedded parts live. Ports follow PORT, folders VAR_DIR, as in portal/settings.py."""

import hashlib
import os
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
VAR = Path(os.getenv("VAR_DIR") or BASE_DIR / "var").resolve()
LOGS = VAR / "log"

PORT = int(os.getenv("PORT") or "8000")
DATABASE_PORT, BROKER_PORT, STRIPE_PEER_PORT, STRIPE_ENGINE_PORT = (PORT + n for n in range(1, 5))
MESSENGER_PORT, BANK_PORT, AIRLINE_PORT = (PORT + n for n in range(5, 8))

# PostgreSQL refuses to run as root: then it runs as this system user, who can't see into homes.
SYSTEM_USER = "signet"
ROOT_HOME = Path("/var/lib") / f"signet-{hashlib.sha256(str(BASE_DIR).encode()).hexdigest()[:12]}"


def is_root() -> bool:
    return os.geteuid() == 0


def database_folder() -> Path:
    """The cluster's data: under var/, or for root in a folder of its own outside private homes."""
    if not is_root():
        return VAR / "database"
    if VAR.is_relative_to(BASE_DIR):
        return ROOT_HOME / f"database-{'-'.join(VAR.relative_to(BASE_DIR).parts)}"
    return ROOT_HOME / f"database-{hashlib.sha256(str(VAR).encode()).hexdigest()[:12]}"


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(sentence, file=sys.stderr, flush=True)
