"""The pages of Connect's stand-in: the questions about an account, and its dashboard."""

from html import escape

from billing.devpeer.api import Peer
from billing.devpeer.pages import page
from billing.devpeer.store import Thing
from billing.money import money


def questions(account: Thing) -> str:
    """What Stripe asks before a business may be paid."""
    name = escape((account.get("business_profile") or {}).get("name") or "Your business")
    return page(
        "Set up payments",
        f"<h1>Set up payments for {name}</h1><p>This is where Stripe would ask who owns the "
        "business, and for the bank account that the money goes to.</p>"
        "<form method=post class=row><button class=primary name=answer value=enough>"
        "Answer everything</button>"
        "<button name=answer value=later>Leave something out</button></form>",
    )


def dashboard(peer: Peer, account: Thing) -> str:
    """The account's disputes, and how its banks decide them."""
    rows = "".join(
        f"<form method=post class=line><div><strong>{money(each['amount'], each['currency'])}"
        f"</strong><br><small>{escape(each['reason'])}, {escape(each['status'])}</small></div>"
        f"<input type=hidden name=dispute value='{each['id']}'>"
        "<button name=answer value=won>The bank finds for the business</button>"
        "<button name=answer value=lost>The bank finds for the payer</button></form>"
        for each in peer.store.all("dispute")
        if each["account"] == account["id"]
    )
    return page(
        "Payments",
        f"<h1>Disputed payments</h1>{rows or '<p>None.</p>'}"
        "<h2>Account</h2><form method=post class=row>"
        "<button name=answer value=restrict>Have Stripe restrict it</button>"
        "<button name=answer value=allow>Have Stripe allow it again</button></form>",
    )
