"""The documentation lists what the code answers."""

import re
from pathlib import Path

import pytest
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


@pytest.mark.django_db
def test_all_of_it_can_be_read_here_and_every_link_leads_somewhere(client):
    listed = client.get("/docs/").content.decode()
    names = [path.stem for path in DOCS.glob("*.md")]
    assert all(f"/docs/api/{name}/" in listed for name in names)
    for name in names:
        page = client.get(f"/docs/api/{name}/").content.decode()
        assert page.count("<h1>") == 1
        assert "style=" not in page
        (words,) = re.findall(r"<article.*</article>", page, re.DOTALL)
        for address in set(re.findall(r'href="(/[^"]*)"', words)):
            assert client.get(address).status_code == 200, address
    assert client.get("/docs/api/README/").status_code == 404


@pytest.mark.django_db
def test_each_code_has_its_place_to_which_webhooks_point(client):
    page = client.get("/docs/api/errors/").content.decode()
    assert all(f'id="{code}"' in page for code in CODES)
