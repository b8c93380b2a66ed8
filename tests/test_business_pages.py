"""The pages of a business's own affairs, looked at in Chromium."""

import io

import pytest
from PIL import Image

from portal.base.fetch import Unreachable
from profiles.services import domains
from profiles.services.members import invite_member
from profiles.services.notices import notify
from profiles.services.verification import ask_for_information, change_case, open_case
from profiles.tests.people import (
    beyond_the_plan,
    make_business,
    make_profile,
    member,
    pay,
    person,
    staff,
    verify,
)


@pytest.fixture
def acme(transactional_db):
    return make_business("Acme", owner=person("alice"))


@pytest.fixture
def alice(acme):
    return person("alice")


def test_signing_up_a_business(visit, transactional_db):
    page = visit("/w/new/", as_user=person("zoe"))
    page.get_by_label("Name of the business").fill("Zoe & Sons")
    page.get_by_label("Country").select_option("Brazil")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/w/zoe-sons/")
    visit.check(page, "home-new")


def test_home_with_its_checklist_and_notices(visit, acme, alice):
    notify(acme, "hello", title="Something needs you", body="Please look.", level="warn")
    visit("/w/acme/", as_user=alice)


def test_home_when_two_steps_are_done(visit, acme, alice):
    make_profile(acme, "acme")
    verify(acme)
    visit("/w/acme/", as_user=alice)


def test_the_public_profile_is_made_with_a_logo(visit, acme, alice):
    page = visit("/w/acme/profile/", as_user=alice)
    page.get_by_label("Display name").fill("Acme Bank")
    page.get_by_label("Handle").fill("acmebank")
    page.get_by_label("About").fill("Your bank since 1901")
    page.get_by_label("Logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": picture((640, 480))}
    )
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    visit.check(page, "profile-saved")
    assert acme.profiles.get().logo.name.startswith("logos/")


def test_a_request_is_written_documented_and_handed_in(visit, acme, alice):
    page = visit("/w/acme/verification/", as_user=alice)
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Legal name").fill("Acme Ltd")
    page.get_by_label("File").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"not a register extract"}
    )
    page.get_by_role("button", name="Add document").click()
    page.get_by_text("This is not a PDF, PNG or JPEG file that we can read.").wait_for()
    assert page.get_by_label("Legal name").input_value() == "Acme Ltd"
    visit.check(page, "verification-wrong-file")

    page.get_by_label("File").set_input_files(
        {"name": "extract.png", "mimeType": "image/png", "buffer": picture((800, 1100))}
    )
    page.get_by_role("button", name="Add document").click()
    page.get_by_role("button", name="Remove extract.png").wait_for()
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("Still missing: register number").wait_for()
    page.get_by_label("Register number").fill("0123")
    page.get_by_label("Address").fill("1 High Street")
    page.get_by_label("Representative").fill("Alice Adams")
    page.get_by_role("button", name="Hand in").click()
    page.get_by_text("You are next.").wait_for()
    visit.check(page, "verification-handed-in")


def test_verification_when_it_needs_more(visit, acme, alice):
    case = open_case(acme, by=alice)
    case.state = "submitted"
    case.save()
    ask_for_information(case, by=staff("verifier", name="vera"), reason="The extract is blurry.")
    visit("/w/acme/verification/", as_user=alice)


def test_verification_when_it_is_verified(visit, acme, alice):
    verify(acme)
    visit("/w/acme/verification/", as_user=alice)


def test_the_team(visit, acme, alice):
    with beyond_the_plan():
        member(acme)
        invite_member(acme, by=alice, email="eve@example.com", role="analyst")
    visit("/w/acme/team/", as_user=alice)


def test_an_invitation(visit, acme, alice):
    invitation = invite_member(acme, by=alice, email="eve@example.com", role="analyst")
    visit(f"/invite/{invitation.token}/", as_user=person("eve"))


def test_notifications(visit, acme, alice):
    visit("/w/acme/notifications/", as_user=alice)
    notify(acme, "hello", title="Something needs you", body="Please look.", level="bad")
    visit("/w/acme/notifications/", as_user=alice)


def test_the_choice_of_businesses(visit, acme, alice):
    make_business("Second", owner=alice)
    visit("/w/", as_user=alice)


def test_the_public_page_with_and_without_badge(visit, acme):
    make_profile(acme, "acme", about="Your bank since 1901", website="https://acme.example")
    visit("/b/acme/")
    verify(acme)
    pay(acme)
    visit("/b/acme/")


def picture(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#4356d6").save(out, "PNG")
    return out.getvalue()


def test_the_domain_is_proved_or_not(visit, acme, alice):
    case = change_case(open_case(acme, by=alice), by=alice, domain="acme.example")
    nobody = {"look_up": lambda name: ["v=spf1 -all"], "fetch": unreachable}
    domains.check_domain(case, by=alice, **nobody)
    visit("/w/acme/verification/", as_user=alice, name="domain-not-proved")
    word = f"signet-verification={domains.word_for(acme, 'acme.example')}"
    domains.check_domain(case, by=alice, look_up=lambda name: [word], fetch=unreachable)
    visit("/w/acme/verification/", as_user=alice, name="domain-proved")


def unreachable(url, **options):
    raise Unreachable("No answer within 5 seconds.")


def test_the_registry_answers(visit, acme):
    make_profile(acme, "acme")
    visit("/registry/", name="registry")
    visit("/registry/?q=acme", name="registry-found")
    visit("/registry/?q=nobody+here", name="registry-nobody")
