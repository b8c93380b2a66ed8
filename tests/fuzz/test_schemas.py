"""schemathesis asks the real server what its schema allows, and what it does not."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from messaging.tests.receiver import receiving
from portal.base.report import at_least, at_most, report

FULL = bool(os.getenv("N"))
CASES = int(os.getenv("N") or 350)
SEED = int(os.getenv("SEED") or 2026)
CHECKS = ("not_a_server_error", "ignored_auth", "object_level_authorization", "use_after_free")

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def run(
    url: str,
    schema: Path,
    keys: list[str],
    folder: Path,
    *,
    checks: tuple[str, ...] = CHECKS,
    cases: int = CASES,
) -> "Found":
    """All phases over one schema: what was asked and answered, by operation.

    Arguments:
        keys: of who asks, and of somebody else who must not get at the same things.
    """
    folder.mkdir(exist_ok=True)
    said = folder / "said.ndjson"
    settings = folder / "schemathesis.toml"
    users = dict(zip(("acme", "elsewhere"), keys, strict=False))
    (folder / "users.json").write_text(
        json.dumps(
            {
                "auth": [
                    {
                        "name": name,
                        "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {each}"}],
                    }
                    for name, each in users.items()
                ]
            }
        )
    )
    settings.write_text(
        '[auth.wfc]\npath = "users.json"\nuser = "acme"\n'
        + (f"peers = {json.dumps(list(users))}\n" if len(users) > 1 else "")
    )
    operations = sum(
        len([verb for verb in item if verb in ("get", "post", "put", "patch", "delete")])
        for item in json.loads(schema.read_text())["paths"].values()
    )
    each = max(5, cases // operations)
    command = [
        *(Path(sys.executable).with_name("schemathesis"), "run", schema),
        *("--url", url, "--checks", ",".join(checks)),
        *("--phases", "examples,coverage,fuzzing,stateful" if FULL else "examples,fuzzing"),
        *("--max-examples", str(each), "--seed", str(SEED), "--continue-on-failure"),
        *("--report", "ndjson", "--report-ndjson-path", said, "--workers", "2"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        *("--generation-database", "none", "--request-timeout", "120"),
    ]
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=2400
    )
    answers: dict[str, Counter] = defaultdict(Counter)
    for line in said.read_text().splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for asked in recorder.get("interactions", {}).values():
            status = (asked.get("response") or {}).get("status_code", 0)
            answers[recorder["label"]][status] += 1
    return Found(operations, answers, done.returncode, done.stdout[-6000:] + done.stderr[-2000:])


@dataclass(frozen=True)
class Found:
    """What came of a run: answers by operation and status, and what schemathesis says of it."""

    operations: int
    answers: dict[str, Counter]
    code: int
    said: str

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.operations + other.operations,
            self.answers | other.answers,
            self.code or other.code,
            self.said + other.said,
        )

    @property
    def never_good(self) -> list[str]:
        """Operations that were never answered with a 2xx."""
        return [
            name
            for name, statuses in self.answers.items()
            if not any(200 <= status < 300 for status in statuses)
        ]

    def total(self, *, least: int = 0) -> int:
        return sum(
            n for each in self.answers.values() for status, n in each.items() if status >= least
        )


def test_the_management_api_and_the_platforms(site):
    with receiving() as receiver:
        schema = site.schema(receiver.url)
        management = run(site.url, schema, [site.key, site.other_key], site.folder / "management")
    # All messengers are the operator's own: they share what they load.
    platform = run(
        f"{site.url}/platform/v1",
        site.platform_schema(),
        [site.messenger_key],
        site.folder / "platform",
        checks=("not_a_server_error", "ignored_auth", "use_after_free"),
        cases=CASES // 6,
    )
    found = management + platform
    statuses: Counter = sum(found.answers.values(), Counter())
    held = report(
        "fuzz",
        {
            "operations": found.operations,
            "answers by status": {str(k): n for k, n in sorted(statuses.items())},
            "checks": ", ".join(CHECKS),
            "never answered with a 2xx": found.never_good,
        },
        {
            "cases": at_least(found.total(), 10_000 if FULL else CASES // 2),
            "operations asked": at_least(len(found.answers), found.operations),
            "operations without a 2xx": at_most(len(found.never_good), 0),
            "server errors": at_most(found.total(least=500), 0),
            "schemathesis found faults": at_most(found.code, 0),
        },
        seed=SEED,
    )
    assert held, found.said
