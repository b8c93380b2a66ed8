"""Start the stand-in: the engine as a child process, the front in this one.

Environment: PORT (the site's; the peer takes PORT+3, the engine PORT+4) or STRIPE_PEER_PORT and
STRIPE_ENGINE_PORT, VAR_DIR, STRIPE_WEBHOOK_SECRETS, STRIPE_PEER_CHAOS (see events.py).
With --catalog the site's plans are brought in once the front answers.
"""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from billing.devpeer.api import Peer
from billing.devpeer.money_engine import Engine
from billing.devpeer.server import serve
from billing.devpeer.store import Store

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30  # seconds for the engine to start


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    site = int(os.getenv("PORT") or "8000")
    port = int(os.getenv("STRIPE_PEER_PORT") or site + 3)
    engine_port = int(os.getenv("STRIPE_ENGINE_PORT") or site + 4)
    folder = Path(os.getenv("VAR_DIR") or ROOT / "var").resolve() / "stripe"
    folder.mkdir(parents=True, exist_ok=True)

    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "billing.devpeer.engine",
            str(engine_port),
            folder / "engine.pickle",
        ],
        cwd=ROOT,
        preexec_fn=_die_with_parent,
    )
    engine = Engine(engine_port)
    if not _wait_for(engine, process):
        print(f"The money engine did not start; is port {engine_port} taken?", file=sys.stderr)
        process.kill()
        return 1

    secret = (os.getenv("STRIPE_WEBHOOK_SECRETS") or "whsec_local").split(",")[0].strip()
    peer = Peer(
        Store(folder / "front.sqlite"),
        engine,
        address=f"http://localhost:{port}",
        secret=secret,
        chaos=os.getenv("STRIPE_PEER_CHAOS", ""),
    )
    try:
        server = serve(peer, port)
    except OSError as error:
        print(f"Port {port} is taken: {error}", file=sys.stderr)
        process.terminate()
        return 1
    signal.signal(signal.SIGTERM, _stop)
    if "--catalog" in sys.argv:
        threading.Thread(target=_bring_catalogue, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    process.terminate()
    process.wait(10)
    return 0


def _wait_for(engine: Engine, process: subprocess.Popen) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if engine.is_up():
            return True
        time.sleep(0.1)
    return False


def _bring_catalogue() -> None:
    """Have the site make its products and prices here, as an operator does at Stripe."""
    done = subprocess.run(
        [sys.executable, "manage.py", "billing_sync_catalog"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode == 0:
        print("The catalogue is here.", flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _die_with_parent() -> None:
    """Linux ends the engine when this process is killed."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
