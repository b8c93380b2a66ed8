"""The reviewer's desk in Chromium: by keys alone, the letter before it goes, the next case."""

from datetime import timedelta

import pytest
from django.utils import timezone

from profiles.models import Notice, ReviewReason, VerificationCase
from profiles.services.changes import waiting_change
from profiles.services.profiles import change_logo, change_profile
from profiles.services.verification import claim_case
from profiles.tests.files import picture
from profiles.tests.people import make_business, make_profile, person, staff, verified_profile
from profiles.tests.test_verification import handed_in

State = VerificationCase.State


@pytest.fixture
def vera(transactional_db):
    return staff("verifier", name="vera")


@pytest.fixture
def cases(vera, settings, tmp_path):
    """Three wait; the second is of somebody who calls himself Harbour Bank."""
    settings.MEDIA_ROOT = tmp_path
    for title in ("Not in the register", "Papers of another business", "Name of somebody else"):
        text = f"{title}, and nothing shows that you may use it."
        ReviewReason.objects.create(used_for=ReviewReason.For.REJECT, title=title, text=text)
    harbour = verified_profile(
        "harbour", business=make_business("Harbour Bank", owner=person("bob"))
    )
    change_profile(harbour, by=None, name="Harbour Bank International")
    change_logo(harbour, by=None, data=picture())
    mallory = make_business("Mallory", owner=person("mallory"))
    make_profile(mallory, "mallory", name="Harb0ur Bank")
    handed = [
        handed_in(make_business("Acme")),
        handed_in(mallory, by=person("mallory")),
        waiting_change(harbour.business),
    ]
    for hours, case in zip((30, 20, 10), handed, strict=True):
        VerificationCase.objects.filter(pk=case.pk).update(
            submitted_at=timezone.now() - timedelta(hours=hours)
        )
    return handed


def address(case: VerificationCase) -> str:
    return f"/admin/profiles/verificationcase/{case.pk}/change/"


def test_three_decisions_take_seven_keys_and_the_next_case_opens_each_time(visit, vera, cases):
    acme, mallory, harbour = cases
    page = visit.open(address(acme), as_user=vera)
    pressed = []

    def press(key: str) -> None:
        pressed.append(key)
        page.keyboard.press(key)

    press("a")
    page.locator(".letter").get_by_text("Acme is verified").wait_for()
    visit.check(page, "review-approve")
    press("Enter")
    page.wait_for_url(f"**{address(mallory)}")
    assert len(pressed) == 2

    page.get_by_role("heading", name="Could be mistaken for").wait_for()
    visit.check(page, "review-alike")
    press("r")
    press("3")  # before its dialog is there
    page.locator(".letter").get_by_text("nothing shows that you may use it").wait_for()
    visit.check(page, "review-reject")
    press("Enter")
    page.wait_for_url(f"**{address(harbour)}")
    assert len(pressed) == 5

    page.get_by_role("heading", name="What is to change").wait_for()
    visit.check(page, "review-change")
    press("a")
    page.locator(".letter").get_by_text("Name: Harbour Bank International").wait_for()
    page.locator("button[type=submit]:focus").wait_for()  # the key decides from now on
    press("Enter")
    page.get_by_text("The queue is empty. Last decided at").wait_for()
    assert len(pressed) == 7

    states = [VerificationCase.objects.get(pk=case.pk).state for case in cases]
    assert states == [State.APPROVED, State.REJECTED, State.APPROVED]
    letter = Notice.objects.get(kind="verification_rejected")
    assert "nothing shows that you may use it" in letter.body
    assert harbour.business.profiles.get().name == "Harbour Bank International"


def test_keys_are_shown_go_on_and_can_be_switched_off(visit, vera, cases):
    acme, mallory, _harbour = cases
    claim_case(acme, by=vera)
    page = visit.open(address(acme), as_user=vera)
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    visit.check(page, "review-keys")
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    page.wait_for_url(f"**{address(mallory)}")
    mallory.refresh_from_db()
    assert (mallory.state, mallory.claimed_by) == (State.IN_REVIEW, vera)

    page.keyboard.press("?")
    page.get_by_label("Switch single keys off").check()
    page.get_by_role("button", name="Close").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("a")
    visit.goto(page, address(mallory))
    assert not [url for url in asked if "approve" in url]
