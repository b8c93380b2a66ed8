"""The staff's own pages, looked at in Chromium, and a decision made in them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from profiles.models import VerificationCase
from profiles.services.documents import add_document
from profiles.tests.files import pdf
from profiles.tests.people import make_business, person, staff, verified_profile
from profiles.tests.test_verification import handed_in


@pytest.fixture
def vera(transactional_db):
    return staff("verifier", name="vera")


@pytest.fixture
def case(vera, settings, tmp_path):
    """Acme's request with a paper of two pages, three hours old, and one that was decided."""
    settings.MEDIA_ROOT = tmp_path
    verified_profile("harbour", business=make_business("Harbour Bank", owner=person("bob")))
    acme = make_business("Acme")
    case = handed_in(acme)
    case.documents.all().delete()
    VerificationCase.objects.filter(pk=case.pk).update(state="draft")
    case.refresh_from_db()
    add_document(
        case, by=person("alice"), kind="register", name="a.pdf", size=9, read=lambda: pdf(pages=2)
    )
    VerificationCase.objects.filter(pk=case.pk).update(
        state="submitted", submitted_at=timezone.now() - timedelta(hours=30)
    )
    return case


def test_the_home_page_of_a_verifier(visit, vera, case):
    visit("/admin/", as_user=vera, name="staff-home")


def test_the_queue(visit, vera, case):
    visit("/admin/profiles/verificationcase/", as_user=vera, name="staff-queue")


def test_a_paper_is_opened_and_a_case_claimed(visit, vera, case):
    page = visit.open(f"/admin/profiles/verificationcase/{case.pk}/change/", as_user=vera)
    page.get_by_role("link", name="a.pdf").click()
    page.get_by_alt_text("Page 1").wait_for()
    visit.check(page, "staff-document")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.go_back()
    page.get_by_role("link", name="Claim").click()
    page.locator("#dialog").get_by_role("button", name="Claim").click()
    page.get_by_text("It is yours for 30 minutes.").wait_for()
    case.refresh_from_db()
    assert case.claimed_by == vera


def test_the_history_of_a_business(visit, case):
    visit(
        f"/admin/profiles/business/{case.business_id}/history/",
        as_user=staff("superuser", name="root"),
    )
