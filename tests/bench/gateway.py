"""The same campaign through the gateway into a loopback sink, beside packages that people use.

Each peer is installed in an environment of its own (var/peers), and uses the same PostgreSQL.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from messaging.models import GatewayMessage
from messaging.services.gateway.members import join_everybody
from messaging.services.gateway.messengers import forget_gateways, set_gateway
from messaging.tests.messengers import make_messenger
from portal.base.report import Bar, at_least
from portal.tests.processes import Processes
from tests.bench import Found
from tests.bench.campaigns import wait_until_finished
from tests.bench.costs import Costs
from tests.bench.crowds import launch, make_country, make_sender

PACKAGES = ["django==5.2.*", "psycopg[binary]==3.*", "requests==2.*"]
PEERS = {
    # name: (its package, its apps, the messages it is measured with, times its rate at least)
    "meta_whatsapp": ("django-meta-whatsapp==1.1.0", "django_meta_whatsapp", 3_000, 5),
    "post_office": ("django-post-office==3.12.0", "post_office", 10_000, 1),
}
PATIENCE = 1_800  # seconds


def measure(n: int) -> Found:
    people = min(200_000, max(2_000, n // 25))
    with tempfile.TemporaryDirectory() as folder, sink() as address:
        handed, costs = hand_over(Processes(Path(folder)), people, address)
        rate = handed / costs.seconds
        figures: dict[str, object] = {
            "handed over": handed,
            "people a second": round(rate),
            "people a second and core": round(handed / costs.cpu),
        }
        bars: dict[str, Bar] = {}
        for name, (package, apps, least, times) in PEERS.items():
            peer = run_peer(name, package, apps, min(least, n), address)
            figures[f"{package}: messages a second"] = round(peer)
            bars[f"times the rate of {package}"] = at_least(round(rate / peer, 1), times)
    return Found(figures, bars)


def hand_over(processes: Processes, n: int, address: str) -> tuple[int, Costs]:
    """A campaign to `n` people of a messenger with a gateway; until the messenger has them all."""
    now = timezone.now()
    make_country("BR", n, first=10**9)
    profile = make_sender("acme", people=range(10**9, 10**9 + n), now=now)
    messenger, _key = make_messenger()
    join_everybody(messenger)
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze messaging_member")
    with override_settings(WEBHOOK_ALLOW_LOOPBACK=True):
        set_gateway(messenger, url=f"{address}/take", by=None)
    try:
        worker = processes.start_worker(
            "worker",
            ("campaign", "default", "critical"),
            concurrency=2,
            FIRST_BATCH_HOLD_MINUTES="0",
            WEBHOOK_ALLOW_LOOPBACK="1",
        )
        before = taken(address)
        with Costs(worker.pid) as costs:
            campaign = launch(profile, "BR", now=timezone.now())
            wait_until_finished(campaign)
            deadline = time.monotonic() + PATIENCE
            while GatewayMessage.objects.exists():
                if time.monotonic() > deadline:
                    raise TimeoutError(processes.log("worker")[-3_000:])
                time.sleep(0.05)
    finally:
        processes.stop()
        forget_gateways()
    handed = taken(address) - before
    assert handed >= sum(campaign.chunks.values_list("sent", flat=True))
    return handed, costs


@contextmanager
def sink() -> Iterator[str]:
    """A process that takes everything; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sink"],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def taken(address: str) -> int:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)["count"]


def run_peer(name: str, package: str, apps: str, n: int, address: str) -> float:
    """Messages a second of the peer."""
    here = Path(__file__).parent / "peers"
    python = installed(name, package)
    done = subprocess.run(
        [str(python), str(here / f"run_{name}.py"), str(n), address],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(here),
            "DJANGO_SETTINGS_MODULE": "peer_settings",
            "PEER_APPS": apps,
            "PEER_DATABASE": json.dumps(peer_database(name)),
        },
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{package} failed:\n{done.stderr[-3_000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["sent"] == n, said
    return n / said["seconds"]


def installed(name: str, package: str) -> Path:
    """The interpreter of the peer's environment, which is made at first use."""
    folder = Path(settings.VAR) / "peers" / name
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", package, *PACKAGES], check=True
        )
        (folder / "made").touch()
    return python


def peer_database(name: str) -> dict[str, object]:
    """A database of the peer's own on our server; Django's settings for it."""
    ours = connection.settings_dict
    place = f"host={ours['HOST']} port={ours['PORT']} user={ours['USER']}"
    with psycopg.connect(
        f"{place} password={ours['PASSWORD']} dbname={ours['NAME']}", autocommit=True
    ) as plain:
        plain.execute(f"drop database if exists peer_{name}")
        plain.execute(f"create database peer_{name}")
    keys = ("HOST", "PORT", "USER", "PASSWORD")
    return {"ENGINE": "django.db.backends.postgresql", "NAME": f"peer_{name}"} | {
        key: ours[key] for key in keys
    }
