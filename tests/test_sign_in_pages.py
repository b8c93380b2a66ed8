"""Signing in, up and proving it: every page of it under the same eyes."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from profiles.tests.people import person


@pytest.fixture
def alice(db):
    return person("alice")


@pytest.mark.parametrize("path", ["/account/login/", "/account/signup/", "/account/login/code/"])
def test_the_doors_are_sound(visit, path):
    visit(path)


def ask_for_code(visit, user):
    page = visit.open("/account/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("heading", name="Enter your code").wait_for()
    return page


def test_a_code_is_asked_for_and_a_wrong_one_is_told(visit, alice):
    page = ask_for_code(visit, alice)
    visit.check(page, "enter-code")

    page.get_by_label("Code", exact=True).fill("WRONG-1")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Incorrect code").wait_for()
    visit.check(page, "wrong-code")


def test_the_demo_shows_the_code_and_the_second_step_is_sound(visit, alice, settings):
    settings.DEMO = True
    TOTP.activate(alice, generate_totp_secret())
    page = ask_for_code(visit, alice)
    visit.check(page, "enter-code-demo")

    page.get_by_label("Code", exact=True).fill(page.locator(".note .copy code").inner_text())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Second step").wait_for()
    visit.check(page, "second-step")


def test_recovery_codes_are_made_and_shown(visit, alice):
    TOTP.activate(alice, generate_totp_secret())
    page = visit("/account/2fa/recovery-codes/generate/", as_user=alice)
    page.get_by_role("button", name="Generate").click()
    page.get_by_label("Unused codes").wait_for()
    visit.check(page, "recovery-codes")


@pytest.mark.parametrize(
    "path",
    [
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/add/",
        "/account/2fa/webauthn/",
        "/account/sessions/",
        "/account/email/",
        "/account/logout/",
    ],
)
def test_the_pages_of_an_account_are_sound(visit, alice, path):
    visit(path, as_user=alice)


@pytest.mark.parametrize(
    "path",
    [
        "/account/2fa/",
        "/account/2fa/totp/deactivate/",
    ],
)
def test_the_pages_of_who_has_an_app_are_sound(visit, alice, path):
    TOTP.activate(alice, generate_totp_secret())
    visit(path, as_user=alice)


def test_a_page_that_is_not_there_says_so_in_our_look(visit):
    visit("/nothing/here/", status=404, name="404")
