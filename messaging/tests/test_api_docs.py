"""The documentation lists what the code answers."""

import re
from pathlib import Path

from django.conf import settings

from messaging.api.errors import REFUSED
from messaging.errors import CODES

DOCS = Path(settings.BASE_DIR) / "docs/api"


def test_every_code_is_in_the_documentation_with_its_status():
    listed = re.findall(r"</a>(\d+) \| (\d+) \| (.*) \|", (DOCS / "errors.md").read_text())
    assert {int(code): (int(status), title) for code, status, title in listed} == {
        code: (known.status, known.title) for code, known in CODES.items()
    }


def test_every_refusal_has_a_code_that_exists():
    assert set(REFUSED.values()) <= set(CODES)
