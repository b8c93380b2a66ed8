"""The example programs against the real server: what a bank and an airline do with Signet."""

import html
import json
import re
import threading
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from audience.models import Person
from audience.tests.people import make_person
from messaging.models import AccountLink, Message, WebhookEndpoint
from messaging.services.gateway.messengers import add_messenger, create_key
from messaging.services.linking.accounts import agree_to_link, unlink_account
from messaging.services.messages import receive_message
from portal.demo.examples import surroundings
from portal.tests.processes import free_port
from profiles.tests.people import make_business, person, verified_profile

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
ANA, RAFAEL, JULIA = 7, 8, 9
PATIENCE = 40  # seconds until a program has begun
QUICK = 2.0  # seconds until a question is answered
HERE = {"WEBHOOK_ALLOW_LOOPBACK": "1"}


class Papo:
    """A messenger's own site: it shows the inbox in a frame, to members it has signed in."""

    def __init__(self) -> None:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                to = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("to", [""])
                page = f'<!doctype html><title>Papo</title><iframe src="{html.escape(to[0])}">'
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(f"{page}</iframe>".encode())

            def log_message(self, *args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://localhost:{self.server.server_address[1]}"
        self.key = create_key(add_messenger("Papo", by=None), name="server", by=None)[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def link_for(self, member: str, signet: str) -> str:
        """A one-time link for this member, from the platform API."""
        request = urllib.request.Request(
            f"{signet}/platform/v1/sessions",
            json.dumps({"person": member}).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["url"]

    def open(self, page, address: str):
        """Show an address of the inbox in the frame."""
        page.goto(f"{self.url}/?to={urllib.parse.quote(address, safe='')}")
        return page.frame_locator("iframe")


@pytest.fixture
def papo(db):
    papo = Papo()
    yield papo
    papo.server.shutdown()
    papo.server.server_close()


@pytest.fixture
def start(processes, papo, tmp_path):
    """start("bank") starts that example for a verified business; returns its profile and site."""
    processes.start_web(FRAME_ANCESTORS=papo.url, **HERE)
    processes.start_worker(**HERE)
    for person_id, name in ((ANA, "Ana Souza"), (RAFAEL, "Rafael Lima"), (JULIA, "Júlia Prado")):
        make_person(person_id, name=name)

    def begin(name: str):
        business = make_business(f"The {name}", owner=person("alice"), country="BR")
        profile = verified_profile(f"the_{name}", business=business)
        port = free_port()
        environment = surroundings(name, profile, port=port) | {
            "SIGNET_URL": processes.url,
            f"{name.upper()}_DATA": str(tmp_path / f"{name}.sqlite3"),
        }
        processes.start(name, "python", f"examples/{name}/{name}.py", **environment)
        processes.wait(name, lambda: WebhookEndpoint.objects.filter(app__name__endswith=name))
        return profile, f"http://localhost:{port}"

    return begin


class Browser:
    """A browser without scripts, for the examples' own sites."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def post(self, path: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode()
        with self.opener.open(self.site + path, data) as answer:
            return answer.read().decode()

    def link(self, page: str) -> str:
        """The token of the one-time link on a page."""
        return html.unescape(re.search(r'id="link" href="[^"]*/m/link/([^/"]+)/"', page)[1])


def wait_for(found, *, seconds: float = PATIENCE):
    """What `found` finds, as soon as it does, and after how long."""
    began = time.monotonic()
    while not (result := found()):
        assert time.monotonic() - began < seconds, "nothing came"
        time.sleep(0.02)
    return result, time.monotonic() - began


def ask(profile, person_id: int, words: str) -> tuple[str, float]:
    """What the program answers a person's question, and after how many seconds."""
    receive_message(person_id, profile, body=words)
    last = Message.objects.filter(person_id=person_id).order_by("-id").first().id
    answers = Message.objects.filter(person_id=person_id, id__gt=last, direction="out")
    answer, seconds = wait_for(lambda: answers.first())
    return answer.body, seconds


def test_a_member_links_a_bank_account_and_asks_about_a_transfer(start, papo, processes, chromium):
    bank, site = start("bank")
    members = []

    def come(person_id: int):
        """A member opens the inbox in the messenger's frame, by a one-time link."""
        members.append(chromium.new_context(viewport={"width": 420, "height": 800}))
        page = members[-1].new_page()
        page.set_default_timeout(15_000)
        link = papo.link_for(Person.objects.get(pk=person_id).external_id, processes.url)
        papo.open(page, link).get_by_role("heading", name="Chats").wait_for()
        return page

    # Ana signs in at her bank, and opens the link that it shows there in her messenger.
    members.append(chromium.new_context())
    shop = members[-1].new_page()
    shop.goto(site)
    shop.get_by_label("PIN").fill("1111")
    shop.get_by_role("button", name="Sign in").click()
    shop.get_by_role("button", name="Link my chat").click()
    picture = shop.get_by_role("img", name="QR code to link your chat")
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 100
    link = shop.locator("#link").inner_text()

    inbox = papo.open(come(ANA), link)
    inbox.get_by_text("Account ending 4711").first.wait_for()
    inbox.get_by_role("button", name="Link", exact=True).click()
    inbox.get_by_role("log").get_by_text("Your account ending 4711 is linked").wait_for()

    def write(inbox, words: str, answer: str) -> float:
        inbox.get_by_label("Message", exact=True).fill(words)
        began = time.monotonic()
        inbox.get_by_label("Message", exact=True).press("Enter")
        inbox.get_by_role("log").get_by_text(answer).wait_for()
        took = time.monotonic() - began
        print(f"answered on the page after {took:.2f} s")
        return took

    chat = f"{processes.url}/m/c/{bank.handle}/"
    took = write(inbox, "Did my transfer of R$ 250 go through?", "Yes, Ana, it arrived: R$ 250.00")
    assert took < QUICK, f"Ana was answered after {took:.2f} s"

    # Rafael linked another account, and hears of his own.
    rafael = Browser(site)
    rafael.post("/sign-in", number="1002", pin="2222")
    agree_to_link(rafael.link(rafael.post("/link")), RAFAEL, alerts=False, adverts=False)
    other = papo.open(come(RAFAEL), chat)
    took = write(
        other, "Did my transfer go through?", "Not yet, Rafael, it is on its way: R$ 1,200"
    )
    assert took < QUICK, f"Rafael was answered after {took:.2f} s"

    # Júlia is not linked: she is asked to, with the address where.
    third = papo.open(come(JULIA), chat)
    took = write(third, "Did my transfer go through?", "Sign in with us and link it")
    assert took < QUICK, f"Júlia was answered after {took:.2f} s"
    assert third.get_by_role("link", name=site).is_visible()
    for member in members:
        member.close()
    the_bank_asks_before_it_pays_and_forgets_who_unlinked(bank, site)


def the_bank_asks_before_it_pays_and_forgets_who_unlinked(bank, site):
    ana = Browser(site)
    ana.post("/sign-in", number="1001", pin="1111")
    sent = Message.objects.filter(person_id=ANA, direction="out")

    assert "We ask you in your chat" in ana.post("/odd")
    alert = sent.get(body__startswith="Fraud alert")
    assert alert.body == (
        "Fraud alert: a payment of R$ 840.00 to Nordlicht Reisen is waiting. Is it yours?"
    )
    stop = next(b for b in alert.content["buttons"] if b["text"] == "No, stop it")
    receive_message(
        ANA,
        bank,
        body=stop["text"],
        kind="button",
        content={"text": stop["text"], "payload": stop["payload"]},
        reply_to=alert.id,
    )
    _row, seconds = wait_for(lambda: sent.filter(body__startswith="Stopped.").first())
    assert seconds < QUICK

    unlink_account(AccountLink.objects.get(person_id=ANA), ended_by="person")
    assert "Sign in with us and link it" in ask(bank, ANA, "Did my transfer go through?")[0]


def test_the_airline_answers_anybody_and_tells_the_passengers_of_one_flight(start):
    airline, site = start("airline")
    answer, seconds = ask(airline, JULIA, "Where is flight 212?")
    assert "boarding begins at 18:00. It leaves at 18:40 from gate B7." in answer
    assert seconds < QUICK
    assert site in ask(airline, JULIA, "Which is my seat?")[0]

    for person_id, code, name in ((ANA, "CEU4AN", "souza"), (JULIA, "CEU9JP", "Prado")):
        booking = Browser(site)
        token = booking.link(booking.post("/link", code=code, name=name))
        agree_to_link(token, person_id, alerts=True, adverts=False)
    wait_for(lambda: "12A" in ask(airline, ANA, "What is my seat?")[0])

    desk = Browser(site)
    assert "1 told" in desk.post("/desk", flight="212", minutes="40", pin="0000")
    delays = Message.objects.filter(kind="template", body__startswith="Flight 212 to Rio")
    assert [row.person_id for row in delays] == [ANA]
    assert "leaves at 19:20 from gate B7" in delays[0].body
    assert "It is 40 minutes late." in ask(airline, JULIA, "where is flight 212")[0]
