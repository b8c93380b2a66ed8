"""The quick starts of docs/api do what they say: every line is run against the real server."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

DOCS = Path(settings.BASE_DIR) / "docs/api"
pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def surroundings(processes) -> dict[str, str]:
    """What the quick starts ask for, as environment variables."""
    url = processes.start_web()
    out = io.StringIO()
    call_command("sandbox", "--json", stdout=out)
    about = json.loads(out.getvalue())
    return {
        "PATH": os.environ["PATH"],
        "BASE": f"{url}/v23.0",
        "PROFILE": about["profile_id"],
        "TOKEN": about["access_token"],
        "TO": about["wa_id"],
    }


def lines_of(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def run(command: list, surroundings: dict, **options) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_python_and_typescript(surroundings, tmp_path):
    calls = [part for part in lines_of("quickstart.md", "sh") if part.startswith("curl")]
    assert len(calls) == 3
    for call in calls:
        answer = json.loads(run(["sh", "-c", call.replace("curl ", "curl -s ", 1)], surroundings))
        assert "error" not in answer, answer

    python = "\n".join(lines_of("quickstart-python.md", "python"))
    said = run([sys.executable, "-c", python], surroundings).splitlines()
    assert said[1].startswith("wamid.") and said[2].startswith("131030 ")

    if not (node := shutil.which("node")):
        if os.getenv("CI") == "true":
            pytest.fail("Node is missing.")
        pytest.skip("Node is missing, so the TypeScript was not run.")
    # Node runs the lines without their types; they are what a compiler would leave.
    (typescript,) = lines_of("quickstart-typescript.md", "typescript")
    plain = re.sub(r"(\w)\??: (?:string|object)(?= ?[,)=])", r"\1", typescript)
    script = tmp_path / "quickstart.mjs"
    script.write_text(plain)
    said = run([node, script], surroundings).splitlines()
    assert said[1].startswith("wamid.") and said[2].startswith("131030 ")
