"""Unfold under the strict policy, and the copies of its templates that make it possible."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import unfold
from django.conf import settings
from django.utils import timezone

from profiles.models import VerificationCase
from profiles.tests.people import make_business, person, staff, verified_profile

UPSTREAM = Path(unfold.__file__).parent / "templates"

# Our copies differ from these in a line or two each. When Unfold changes one, compare and copy
# anew.
COPIED = {
    "admin/base.html": "2ce9250b3c649e3a1d3c7ea52308a2858c60374b76089c29a838c7cc870dbcf0",
    "admin/change_form.html": "e9824d4d8a447d9741a1fe4a83180042ac11383bd51678e2b5e40460fa42d86a",
    "unfold/helpers/welcomemsg.html":
    "e8eab02522ba2319b937086bbcb6bf2a2bbe1489d236ad90ff23edbe070a7d6b",
    "unfold/layouts/skeleton.html":
    "66af9f0bb45f98ba4e16ba5e5a11f36d87b8e07430d19066d088b29548491c2e",
}


@pytest.fixture
def root(transactional_db):
    return staff("superuser", name="root")


@pytest.fixture
def case(root):
    """A verification that waits for staff; beside it a business that is through."""
    verified_profile("harbour", business=make_business("Harbour Bank", owner=person("bob")))
    return VerificationCase.objects.create(
        business=make_business("Acme"),
        state=VerificationCase.State.SUBMITTED,
        legal_name="Acme Ltd",
        register_number="01234567",
        country="GB",
        address="1 High Street",
        representative="Alice",
        submitted_at=timezone.now() - timedelta(hours=3),
    )


@pytest.mark.parametrize("name", COPIED)
def test_the_template_we_copied_is_still_the_one_upstream_has(name):
    assert hashlib.sha256((UPSTREAM / name).read_bytes()).hexdigest() == COPIED[name]
    assert (settings.BASE_DIR / "templates" / name).exists()


def test_the_home_page_is_sound(visit, root, case):
    visit("/admin/", as_user=root, name="admin")
