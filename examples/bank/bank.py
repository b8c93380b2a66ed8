"""A bank's own program on pywa: tells customers where their transfer is, and asks before it pays.

    SIGNET_URL=… SIGNET_TOKEN=… … python bank.py        (README.md lists the variables)

It knows a customer by the number that only this bank has for them, bound by account linking.
"""

import itertools
import os
import re
import sqlite3
import sys
import threading
import time
from http.server import ThreadingHTTPServer

import httpx
from accounts import Accounts, money
from pywa import WhatsApp, types
from pywa.types import templates as t
from site_pages import pages

SIGNET = os.environ["SIGNET_URL"].rstrip("/") + "/v23.0"
PORT = int(os.environ["BANK_PORT"])
SITE = os.getenv("BANK_URL", f"http://localhost:{PORT}")
LINK_LIVES = 900  # seconds
ENGLISH = t.TemplateLanguage.ENGLISH_US

wa = WhatsApp(
    phone_id=os.environ["SIGNET_PHONE_NUMBER_ID"],
    token=os.environ["SIGNET_TOKEN"],
    waba_id=os.environ["SIGNET_ACCOUNT_ID"],
    app_id=int(os.environ["SIGNET_APP_ID"]),
    app_secret=os.environ["SIGNET_APP_SECRET"],
    verify_token=os.environ["SIGNET_VERIFY_TOKEN"],
)
wa.api._session.base_url = SIGNET
accounts = Accounts(os.getenv("BANK_DATA", "bank.sqlite3"))

TEMPLATES = [
    t.Template(
        name="account_linked",
        category=t.TemplateCategory.UTILITY,
        language=ENGLISH,
        parameter_format=t.ParamFormat.POSITIONAL,
        components=[
            t.BodyText(
                "Your account ending {{1}} is linked. Ask here where a transfer is, any time.",
                "4711",
            )
        ],
    ),
    t.Template(
        name="payment_check",
        category=t.TemplateCategory.UTILITY,
        language=ENGLISH,
        parameter_format=t.ParamFormat.POSITIONAL,
        components=[
            t.BodyText(
                "Fraud alert: a payment of {{1}} to {{2}} is waiting. Is it yours?",
                "R$ 840.00",
                "Nordlicht Reisen",
            ),
            t.Buttons(
                buttons=[
                    t.QuickReplyButton(text="Yes, it's mine"),
                    t.QuickReplyButton(text="No, stop it"),
                ]
            ),
        ],
    ),
]


# What people write


@wa.on_message()
def answer(client: WhatsApp, message: types.Message) -> None:
    """Answer questions about transfers; whatever else is for the colleagues in the shared inbox."""
    if not message.text or not re.search(r"transfer|payment|pix\b|pagamento", message.text, re.I):
        return
    customer = accounts.customer_in_chat(message.from_user.bsuid)
    if customer is None:
        message.reply_text(
            "I can't see yet which account is yours. Sign in with us and link it, "
            f"it takes a minute: {SITE}/"
        )
        return
    message.reply_text(about_transfer(customer, message.text))


def about_transfer(customer: sqlite3.Row, question: str) -> str:
    """Where the transfer is that the customer asks about: the one of that amount, else the last."""
    transfers = accounts.transfers(customer["number"])
    asked = re.search(r"(\d[\d.,]*)", question)
    if asked:
        same = [one for one in transfers if amount_of(asked[1]) == one["cents"]]
        transfers = same or transfers
    if not transfers:
        return f"There is no transfer on your account ending {customer['account']}."
    one = transfers[0]
    first = customer["name"].split()[0]
    return (
        f"{WHERE[one['state']].format(first=first)} {money(one['cents'])} to {one['payee']}, "
        f"{one['moment']}, from your account ending {customer['account']}."
    )


WHERE = {
    "arrived": "Yes, {first}, it arrived:",
    "waiting": "Not yet, {first}, it is on its way:",
    "returned": "No, {first}, it came back to you:",
    "held": "No, {first}, it waits for your word:",
    "stopped": "No, {first}, you stopped it:",
}


def amount_of(written: str) -> int:
    """Cents of "250", "250.00", "1,200.50" or "1.200,50"."""
    digits = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", written.rstrip(".,")).replace(",", ".")
    try:
        return round(float(digits) * 100)
    except ValueError:
        return 0


@wa.on_callback_button()
def decided(client: WhatsApp, button: types.CallbackButton) -> None:
    """The customer answered a fraud alert."""
    said = re.fullmatch(r"payment:(\d+):(go|stop)", str(button.data))
    customer = accounts.customer_in_chat(button.from_user.bsuid)
    if not said or customer is None:
        return
    payment = accounts.decide(int(said[1]), customer["number"], go=said[2] == "go")
    if payment is None:
        button.reply_text("This payment was decided before. Nothing has changed.")
    elif payment["state"] == "stopped":
        button.reply_text("Stopped. Your card is safe, and nothing was taken.")
    else:
        button.reply_text(f"Thank you. {money(payment['cents'])} to {payment['payee']} is paid.")


# Who they are


@wa.on_raw_update
def linked(client: WhatsApp, update: types.RawUpdate) -> None:
    """Somebody answered a link of ours: only with a nonce that we made, for one customer, once."""
    if update.field != "account_linking":
        return
    for news in update.value["account_linking"]:
        if news["status"] == "unlinked":
            accounts.unbind(news["user_id"])
            continue
        number = accounts.use_nonce(news["nonce"])
        if news["status"] == "linked" and number == news["reference"]:
            accounts.bind(news["user_id"], news["wa_id"], number)
            customer = accounts.customer(number)
            if news.get("alerts") and customer is not None:
                send(news["wa_id"], "account_linked", t.BodyText.params(customer["account"]))


def new_link(customer: sqlite3.Row) -> dict:
    """A one-time link for a customer who is signed in here: its address and its QR code."""
    answer = httpx.post(
        f"{SIGNET}/{wa.phone_id}/account_links",
        headers={"Authorization": f"Bearer {os.environ['SIGNET_TOKEN']}"},
        json={
            "nonce": accounts.new_nonce(customer["number"], lives=LINK_LIVES),
            "reference": customer["number"],
            "account_name": f"Account ending {customer['account']}",
            "purpose": "Alerts about your account, and answers to your questions.",
            "expires_in": LINK_LIVES,
        },
        timeout=10,
    )
    answer.raise_for_status()
    return answer.json()


def suspicious_payment(customer: sqlite3.Row, cents: int, payee: str) -> int:
    """Hold a payment and ask the customer in every chat. Returns how many were asked."""
    payment = accounts.hold_payment(customer["number"], cents, payee)
    chats = accounts.chats_of(customer["number"])
    for wa_id in chats:
        send(
            wa_id,
            "payment_check",
            t.BodyText.params(money(cents), payee),
            t.QuickReplyButton.params(callback_data=f"payment:{payment}:go", index=0),
            t.QuickReplyButton.params(callback_data=f"payment:{payment}:stop", index=1),
        )
    return len(chats)


def send(wa_id: str, template: str, *params: t.BaseParams) -> None:
    wa.send_template(to=wa_id, name=template, language=ENGLISH, params=list(params))


# Beginning


def begin() -> None:
    """Once Signet answers: our templates, and where it finds us."""
    for turn in itertools.count(1):
        try:
            there = {template.name for template in wa.get_templates()}
            for template in TEMPLATES:
                if template.name not in there:
                    wa.create_template(template)
            app_id, secret = int(os.environ["SIGNET_APP_ID"]), os.environ["SIGNET_APP_SECRET"]
            proof = wa.api.get_app_access_token(client_id=app_id, client_secret=secret)
            wa.api.set_app_callback_url(
                app_id=app_id,
                access_token=proof["access_token"],
                callback_url=os.getenv("BANK_CALLBACK", f"http://127.0.0.1:{PORT}/hook"),
                verify_token=os.environ["SIGNET_VERIFY_TOKEN"],
                fields=("messages", "account_linking"),
            )
        except Exception as error:
            if turn % 30 == 0:
                print(f"Signet is not there yet: {error}", file=sys.stderr, flush=True)
            time.sleep(1)
        else:
            print(f"The bank's site is {SITE}", file=sys.stderr, flush=True)
            return


if __name__ == "__main__":
    server = ThreadingHTTPServer(
        ("127.0.0.1", PORT), pages(wa, accounts, new_link=new_link, pay=suspicious_payment)
    )
    threading.Thread(target=begin, daemon=True).start()
    server.serve_forever()
