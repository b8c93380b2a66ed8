"""The people's inbox as an app in real Chromium: without a connection, and told of messages."""

import gzip
import json
import re

import pytest

from messaging.inbox.sessions import COOKIE
from messaging.models import PersonNotice
from messaging.services.people.notices import notify_person
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA
from messaging.tests.talks import talk_of_all_kinds
from tests.test_chat_kinds_look import PATH, bank  # noqa: F401  (Ana and her bank)

KB = 1024
APART = re.compile(r"/fonts/|/file/|/events/")  # the font, what a message shows, and the stream
READY = "navigator.serviceWorker.ready.then(() => true)"


@pytest.fixture
def ana(visit, bank):  # noqa: F811
    """Ana's page of chats, with the service worker at work in it."""
    talk_of_all_kinds(bank.profile, ANA, by=bank.bob)
    page = visit.open("/m/", cookies=bank.cookies, worker=True)
    page.context.grant_permissions(["notifications"], origin=visit.address)
    assert page.evaluate(READY)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    return page


def forget(visit, page) -> None:
    """The requests that could not be made without a connection are in the console too."""
    page.close()
    visit.faults[page].clear()


def test_what_was_read_can_be_read_without_a_connection(visit, ana):
    visit.goto(ana, PATH)
    ana.context.set_offline(True)
    ana.reload()
    assert ana.get_by_text("Yes, it arrived at 9:02.").is_visible()
    assert ana.get_by_text("You are offline.").is_visible()
    ana.goto(f"{visit.address}/m/settings/data/")
    assert ana.get_by_text("This page needs a connection").is_visible()
    forget(visit, ana)


def test_who_signs_out_leaves_nothing_behind(visit, ana):
    visit.goto(ana, PATH)
    visit.goto(ana, "/m/settings/")
    ana.get_by_role("button", name="Sign out").click()
    ana.get_by_text("Open this from your messenger").wait_for()
    ana.context.set_offline(True)
    ana.goto(f"{visit.address}{PATH}")
    assert ana.get_by_text("This page needs a connection").is_visible()
    forget(visit, ana)


def test_a_push_shows_whom_it_is_from(visit, ana):
    devtools = ana.context.new_cdp_session(ana)
    found: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda e: found.extend(r["registrationId"] for r in e["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    visit.goto(ana, "/")  # the inbox is closed
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": visit.address,
            "registrationId": found[0],
            "data": json.dumps({"from": "Banco Ipê"}),
        },
    )
    shown = ana.evaluate(
        """async () => {
            const worker = await navigator.serviceWorker.getRegistration('/m/');
            for (let n = 0; n < 50; n++) {
                const [first] = await worker.getNotifications();
                if (first) return [first.title, first.body, first.data.path];
                await new Promise((done) => setTimeout(done, 100));
            }
        }"""
    )
    assert shown == ["Banco Ipê", "New message", "/m/"]
    devtools.send("ServiceWorker.disable")


def test_the_first_load_stays_small(visit, bank):  # noqa: F811
    """Everything that travels for the list of chats and one chat, without the font."""
    talk_of_all_kinds(bank.profile, ANA, by=bank.bob)
    for path in ("/m/", PATH):
        sizes: dict[str, int] = {}

        def weigh(response, sizes=sizes):
            if (
                re.search(r"/fonts/|/file/|/media/|/events/", response.url)
                or response.status != 200
            ):
                return
            sizes[response.url] = len(gzip.compress(response.body(), 9))

        fresh = visit.browser.new_context(service_workers="block")
        fresh.add_cookies([{"name": COOKIE, "value": open_session(ANA), "url": visit.address}])
        page = fresh.new_page()
        page.on("response", weigh)
        page.goto(visit.address + path, wait_until="networkidle")
        fresh.close()
        total = sum(sizes.values())
        print(f"{path}: {total / KB:.1f} kB in {len(sizes)} requests")
        assert total <= 60 * KB, sizes


def test_pages_of_the_app(visit, bank):  # noqa: F811
    notify_person(ANA, body="You were right about Kite Deals. Your report counts against it.")
    visit("/m/settings/devices/", cookies=bank.cookies)
    visit("/m/notices/", cookies=bank.cookies)
    assert PersonNotice.objects.get(person_id=ANA).read_at
    visit("/m/offline/")


def test_the_manifest_can_be_installed(client, bank):  # noqa: F811
    manifest = client.get("/m/app.webmanifest").json()
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (
        "/m/",
        "/m/",
        "standalone",
    )
    assert client.get("/m/sw.js").headers["Content-Type"].startswith("text/javascript")
    assert "worker-src 'self'" in client.get("/m/welcome/").headers["Content-Security-Policy"]
