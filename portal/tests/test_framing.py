"""Who may show what in a frame: nobody, but the people's inbox where the operator says so."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from audience.tests.people import make_person
from messaging.services.people.sessions import make_sign_in_link
from portal.tests.test_csp import directives

PAGES = ["/m/welcome/", "/account/login/", "/admin/", "/", "/nothing/"]
MESSENGER = "https://papo.example"


def test_without_the_setting_nothing_may_be_framed(client, db):
    for page in PAGES:
        response = client.get(page)
        assert directives(response)["frame-ancestors"] == "'none'", page
        assert response.headers["X-Frame-Options"] == "DENY", page


def test_with_it_the_inbox_may_be_framed_by_these_origins_and_nothing_else_is(client, db, settings):
    settings.FRAME_ANCESTORS = [MESSENGER, "https://*.papo.example"]
    for page in PAGES:
        response = client.get(page)
        if page.startswith("/m/"):
            allowed = f"{MESSENGER} https://*.papo.example"
            assert directives(response)["frame-ancestors"] == allowed
            assert "X-Frame-Options" not in response.headers
        else:
            assert directives(response)["frame-ancestors"] == "'none'", page
            assert response.headers["X-Frame-Options"] == "DENY", page


@pytest.mark.parametrize("framed", [True, False])
def test_cookies_of_the_inbox_travel_into_the_frame_and_only_there(db, settings, framed):
    settings.FRAME_ANCESTORS = [MESSENGER] if framed else []
    settings.SESSION_COOKIE_SECURE = True
    make_person(7)
    browser = Client()
    response = browser.get(f"/m/in/{make_sign_in_link(7)}/", secure=True)
    cookie = response.cookies["signet_person"]
    assert cookie["secure"] and cookie["httponly"]
    assert ("Partitioned" in cookie.OutputString()) is framed
    assert cookie["samesite"] == ("None" if framed else "Lax")
    login = browser.get("/account/login/", secure=True).cookies["csrftoken"]
    assert login["samesite"] == "Lax" and "Partitioned" not in login.OutputString()


def test_on_this_machine_no_https_is_asked_for(db, settings):
    settings.FRAME_ANCESTORS = ["http://localhost:8005"]
    make_person(7)
    cookie = Client().get(f"/m/in/{make_sign_in_link(7)}/").cookies["signet_person"]
    assert cookie["samesite"] == "Lax" and not cookie["secure"]


@pytest.mark.parametrize(
    "wrong", ["*", "papo.example", "https://a.example; script-src *", "'self'"]
)
def test_what_is_no_origin_stops_the_start(monkeypatch, wrong):
    import importlib

    from portal import settings as ours

    monkeypatch.setenv("FRAME_ANCESTORS", wrong)
    with pytest.raises(ImproperlyConfigured):
        importlib.reload(ours)
    monkeypatch.delenv("FRAME_ANCESTORS")
    importlib.reload(ours)
