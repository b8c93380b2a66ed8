"""With a part away: a clear sentence, nothing lost, no page of ours that says only "error"."""

import time

import pytest
import requests

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import Message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA
from portal.tests.processes import free_port
from profiles.tests.people import verified_profile

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
NOWHERE = "redis://127.0.0.1:{port}/0"


def test_with_the_broker_away_a_message_is_still_taken(processes):
    make_person(ANA)
    verified_profile("acme")
    url = processes.start_web(REDIS_URL=NOWHERE.format(port=free_port()))
    browser = requests.Session()
    browser.cookies.set(COOKIE, open_session(ANA))

    began = time.monotonic()
    answer = send(browser, f"{url}/m/c/acme/", body="Still there?")
    assert answer.status_code == 200, processes.log("web")
    assert time.monotonic() - began < 10
    assert Message.objects.get(person_id=ANA).body == "Still there?"


def test_with_the_broker_away_one_can_sign_up(processes):
    url = processes.start_web(REDIS_URL=NOWHERE.format(port=free_port()))
    answer = send(requests.Session(), f"{url}/account/signup/", email="new@example.com")
    assert answer.status_code == 200, processes.log("web")
    assert "code" in answer.text


def test_with_the_database_away_the_page_says_so(processes):
    away = f"postgres://signet_app:signet@127.0.0.1:{free_port()}/signet"
    url = processes.start_web(DATABASE_URL=away)
    answer = requests.get(f"{url}/m/", cookies={COOKIE: f"{ANA}.token"}, timeout=30)
    assert answer.status_code == 503
    assert "Nothing is lost; reload the page in a minute." in answer.text


def send(browser: requests.Session, address: str, **fields: str) -> requests.Response:
    """Open the page and post its form."""
    form = browser.get(address, timeout=30).text
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    headers = {"Referer": address}
    data = {"csrfmiddlewaretoken": token, **fields}
    return browser.post(address, data, headers=headers, timeout=30)
