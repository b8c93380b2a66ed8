"""The whole site as processes: /healthz says which part does not work."""

import json
import time
import urllib.error
import urllib.request

import pytest

from portal import health


def ask(processes) -> tuple[int, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"{processes.url}/healthz", timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def until(processes, *, part: str, works: bool) -> tuple[int, dict[str, str]]:
    """Ask until the part works, or does not; a sign of life counts for 15 seconds."""
    deadline = time.monotonic() + 40
    while True:
        status, parts = ask(processes)
        if (parts[part] == health.OK) == works or time.monotonic() > deadline:
            return status, parts
        time.sleep(0.2)


@pytest.mark.live
def test_healthz_says_which_part_does_not_work(processes):
    processes.start_web()
    status, parts = ask(processes)
    assert status == 503
    assert parts["worker"] == "No worker takes from: critical, conversation, campaign, default."
    assert parts["beat"] == "Nobody keeps the timetable."
    assert {parts[name] for name in ("web", "database", "broker", "events")} == {health.OK}

    processes.start_worker(queues=("critical", "conversation", "default"))
    processes.start_beat()
    status, parts = until(processes, part="beat", works=True)
    assert (status, parts["worker"]) == (503, "No worker takes from: campaign.")

    processes.start_worker("campaigns", queues=("campaign",))
    status, parts = until(processes, part="worker", works=True)
    assert (status, set(parts.values())) == (200, {health.OK})

    processes.kill("campaigns")
    status, parts = until(processes, part="worker", works=False)
    assert (status, parts["worker"]) == (503, "No worker takes from: campaign.")
