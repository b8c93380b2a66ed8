"""An airline's own program on heyoo: says where a flight is, and tells its passengers of delays.

SIGNET_URL=… SIGNET_TOKEN=… … python airline.py        (README.md lists the variables)
"""

import hashlib
import hmac
import itertools
import json
import logging
import os
import re
import sqlite3
import sys
import threading
import time
import warnings
from collections import OrderedDict
from http.server import ThreadingHTTPServer

warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
import requests  # noqa: E402
from bookings import Bookings, departure  # noqa: E402
from heyoo import WhatsApp  # noqa: E402
from site_pages import pages  # noqa: E402

logging.getLogger("heyoo").setLevel(logging.ERROR)
SIGNET = os.environ["SIGNET_URL"].rstrip("/") + "/v23.0"
PHONE, ACCOUNT = os.environ["SIGNET_PHONE_NUMBER_ID"], os.environ["SIGNET_ACCOUNT_ID"]
SECRET, VERIFY = os.environ["SIGNET_APP_SECRET"], os.environ["SIGNET_VERIFY_TOKEN"]
PORT = int(os.environ["AIRLINE_PORT"])
SITE = os.getenv("AIRLINE_URL", f"http://localhost:{PORT}")
LINK_LIVES = 900  # seconds
REMEMBERED = 1000  # webhooks, so that a repeated one is not answered twice

wa = WhatsApp(os.environ["SIGNET_TOKEN"], phone_number_id=PHONE)
wa.base_url = wa.v15_base_url = SIGNET
wa.url = f"{SIGNET}/{PHONE}/messages"
bookings = Bookings(os.getenv("AIRLINE_DATA", "airline.sqlite3"))
seen: OrderedDict[bytes, None] = OrderedDict()

DELAY = {
    "name": "flight_delayed",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Flight {{1}} to {{2}} is delayed by {{3}} minutes. It now leaves at {{4}} "
            "from gate {{5}}. We are sorry for the wait.",
            "example": {"body_text": [["212", "Rio de Janeiro", "40", "19:20", "B7"]]},
        }
    ],
}


def challenge(token: str, number: str) -> str | None:
    """What Signet wants to hear back, if it knows our word."""
    return number if hmac.compare_digest(token.encode(), VERIFY.encode()) else None


def take(body: bytes, signature: str) -> bool:
    """Deal with a webhook. False where it is not signed by Signet."""
    right = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature.encode(), right.encode()):
        return False
    if right.encode() not in seen:
        data = json.loads(body)
        HANDLERS.get(wa.changed_field(data), lambda data: None)(data)
        seen[right.encode()] = None  # only now: what failed is sent again
        while len(seen) > REMEMBERED:
            seen.popitem(last=False)
    return True


def on_message(data: dict) -> None:
    """Answer questions about flights; whatever else is for the colleagues in the shared inbox."""
    value = data["entry"][0]["changes"][0]["value"]
    if "messages" not in value or wa.get_message_type(data) != "text":
        return
    words, number = wa.get_message(data), wa.get_mobile(data)
    if (asked := re.search(r"(?:flight|voo)\s*#?\s*(\d{2,4})", words, re.I)) is not None:
        wa.send_message(about_flight(asked[1]), number)
    elif re.search(r"\bmy (?:flight|seat|gate)|meu voo", words, re.I):
        booking = bookings.booking_in_chat(value["contacts"][0]["user_id"])
        wa.send_message(about_booking(booking), number)


def about_flight(number: str) -> str:
    """Where a flight is: anybody may know."""
    flight = bookings.flight(number)
    if flight is None:
        return f"We have no flight {number} today."
    late = f" It is {flight['delay']} minutes late." if flight["delay"] else ""
    return (
        f"Flight {number}, {flight['origin']} to {flight['target']}: {flight['place']}. "
        f"It leaves at {departure(flight)} from gate {flight['gate']}.{late}"
    )


def about_booking(booking: sqlite3.Row | None) -> str:
    if booking is None:
        return f"I can't see yet which booking is yours. Link it here, it takes a minute: {SITE}/"
    return f"Your seat is {booking['seat']}. {about_flight(booking['flight'])}"


def on_linking(data: dict) -> None:
    """Somebody answered a link of ours: only with a nonce that we made, for one booking, once."""
    for news in data["entry"][0]["changes"][0]["value"]["account_linking"]:
        if news["status"] == "unlinked":
            bookings.unbind(news["user_id"])
            continue
        code = bookings.use_nonce(news["nonce"])
        if news["status"] == "linked" and code == news["reference"]:
            bookings.bind(news["user_id"], news["wa_id"], code)


HANDLERS = {"messages": on_message, "account_linking": on_linking}


def new_link(booking: sqlite3.Row) -> dict:
    """A one-time link for a passenger: its address and its QR code."""
    return call(
        f"{PHONE}/account_links",
        nonce=bookings.new_nonce(booking["code"], lives=LINK_LIVES),
        reference=booking["code"],
        account_name=f"Booking {booking['code']}, flight {booking['flight']}",
        purpose="Delays and gate changes of your flight.",
        expires_in=LINK_LIVES,
    )


def announce_delay(number: str, minutes: int) -> int | None:
    """Delay a flight and tell its linked passengers. Returns how many; None: no such flight."""
    flight = bookings.delay(number, minutes)
    if flight is None:
        return None
    words = [number, flight["target"], str(flight["delay"]), departure(flight), flight["gate"]]
    body = {"type": "body", "parameters": [{"type": "text", "text": word} for word in words]}
    told = [
        wa.send_template(DELAY["name"], wa_id, components=[body], lang="en_US")
        for wa_id in bookings.chats_on(number)
    ]
    return len([answer for answer in told if "messages" in answer])


def call(path: str, *, token: str = "", **data: object) -> dict:
    """POST to Signet what heyoo has no call for."""
    answer = requests.post(
        f"{SIGNET}/{path}",
        json=data,
        headers={"Authorization": f"Bearer {token or os.environ['SIGNET_TOKEN']}"},
        timeout=10,
    )
    if answer.status_code != 200:
        raise RuntimeError(answer.text)
    return answer.json()


def begin() -> None:
    """Once Signet answers: our template, and where it finds us."""
    for turn in itertools.count(1):
        try:
            try:
                call(f"{ACCOUNT}/message_templates", **DELAY)
            except RuntimeError as refusal:
                if "2388024" not in str(refusal):  # it is there already
                    raise
            call(
                f"{os.environ['SIGNET_APP_ID']}/subscriptions",
                token=f"{os.environ['SIGNET_APP_ID']}|{SECRET}",
                object="whatsapp_business_account",
                callback_url=os.getenv("AIRLINE_CALLBACK", f"http://127.0.0.1:{PORT}/hook"),
                verify_token=VERIFY,
                fields="messages,account_linking",
            )
        except (OSError, RuntimeError) as error:
            if turn % 30 == 0:
                print(f"Signet is not there yet: {error}", file=sys.stderr, flush=True)
            time.sleep(1)
        else:
            print(f"The airline's site is {SITE}", file=sys.stderr, flush=True)
            return


if __name__ == "__main__":
    handler = pages(
        bookings, challenge=challenge, take=take, new_link=new_link, announce_delay=announce_delay
    )
    server = ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    threading.Thread(target=begin, daemon=True).start()
    server.serve_forever()
