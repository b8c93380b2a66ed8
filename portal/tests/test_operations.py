"""docs/operations.md lists every variable; production refuses what belongs to demos."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

from portal.celery import QUEUES
from portal.run import checks

ASKED_IN_PYTHON = re.compile(r'(?:getenv|listed|secret|environ\.get)\(\s*"([A-Z_]+)"')
ASKED_IN_PROCFILE = re.compile(r"\$\{([A-Z_]+)")
READERS = ("portal/settings.py", "portal/logs.py", "portal/asgi.py", "portal/run", "Procfile")
OF_PYTEST = {"PYTEST_XDIST_WORKER"}


def asked_for() -> set[str]:
    found: set[str] = set()
    for name in READERS:
        place = settings.BASE_DIR / name
        for file in place.glob("*.py") if place.is_dir() else [place]:
            found |= set(ASKED_IN_PYTHON.findall(file.read_text()))
            found |= set(ASKED_IN_PROCFILE.findall(file.read_text()))
    return {name for name in found if not name.startswith("PIP_")} - OF_PYTEST


def test_every_variable_is_documented():
    text = (settings.BASE_DIR / "docs/operations.md").read_text()
    assert {name for name in asked_for() if f"`{name}`" not in text} == set()


def test_every_queue_has_a_worker_in_production_and_at_home():
    for name in ("Procfile", "Procfile.dev"):
        text = (settings.BASE_DIR / name).read_text()
        taken = {queue for each in re.findall(r"--queues (\S+)", text) for queue in each.split(",")}
        assert taken == set(QUEUES), name


def check_deploy(**changes: str | None) -> subprocess.CompletedProcess:
    environment = checks.production() | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )


def test_a_production_set_up_as_documented_passes():
    done = check_deploy()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "MASTER_KEY", "PAIRWISE_KEY", "STRIPE_SECRET_KEY"])
def test_a_missing_secret_stops_the_start_with_its_name(name):
    done = check_deploy(**{name: None})
    assert done.returncode
    assert f"Set the environment variable {name}." in done.stderr


@pytest.mark.parametrize("name", ["DEMO", "WEBHOOK_ALLOW_LOOPBACK", "STRIPE_API_BASE"])
def test_a_real_address_refuses_what_belongs_to_demos(name):
    done = check_deploy(**{name: "1"})
    assert done.returncode
    assert f"{name} is for demos on this machine" in done.stderr


def test_at_localhost_the_deployment_check_still_refuses_them():
    done = check_deploy(DEMO="1", WEBHOOK_ALLOW_LOOPBACK="1", SITE_URL="http://localhost:8000")
    assert done.returncode
    for name in ("DEMO", "WEBHOOK_ALLOW_LOOPBACK"):
        assert f"{name} is set" in done.stderr


def test_the_deployment_check_warns_of_what_is_embedded():
    done = check_deploy(DATABASE_URL=None, REDIS_URL=None, EMAIL_HOST=None)
    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_HOST"):
        assert f"{name} is not set" in done.stderr


def test_the_environment_of_the_tests_holds_no_demo():
    assert not settings.DEBUG
    assert not settings.DEMO
    assert os.environ["EMBEDDED_ROLE"] == "signet_owner"
