"""Unfold under the strict policy, and the copies of its templates that make it possible."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import unfold
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
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


def test_every_list_and_one_row_of_each_are_sound(visit, root, case):
    """What is added to the admin later is looked at too."""
    page, faults = visit.open("/admin/", as_user=root), []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths = [reverse(f"{name}_changelist")]
        if row := model._default_manager.order_by("-pk").first():
            paths.append(reverse(f"{name}_change", args=[row.pk]))
        for path in paths:
            try:
                visit.glance(page, path)
            except pytest.fail.Exception as fault:
                faults.append(str(fault))
    assert not faults, "\n".join(faults)


def test_a_case_is_approved_in_a_dialog(visit, root, case):
    page = visit.open(f"/admin/profiles/verificationcase/{case.pk}/change/", as_user=root)
    page.get_by_role("link", name="Approve").click()
    dialog = page.locator("#dialog")
    dialog.get_by_text("The badge shows while your plan is paid.").wait_for()
    dialog.get_by_role("button", name="Approve").hover()  # filled buttons stay readable then
    visit.check(page, "admin-dialog")

    dialog.get_by_role("button", name="Approve").click()
    page.get_by_text("Acme is verified.").wait_for()
    case.refresh_from_db()
    assert case.state == VerificationCase.State.APPROVED


def test_what_scripts_do_in_the_admin_works(visit, root, case):
    """Filters, the palette, the menu of the user and the folding sidebar, without evaluating
    strings.
    """
    page = visit.open("/admin/profiles/verificationcase/", as_user=root)
    page.get_by_role("button", name="Show or hide the menu").click()
    page.get_by_text("Filters").first.click()
    page.get_by_text("Apply").first.wait_for()
    # Unfold heads each filter with an h3 below no h2.
    visit.check(page, "admin-filters", widths=[1440], allowed=("heading-order",))
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    page.locator("#search-input-command:focus").press_sequentially("acme")
    page.locator("#command-results").get_by_text("Acme").first.wait_for()
    visit.check(page, "admin-palette", widths=[1440])
