"""What happens on the hosted pages: GET shows, POST does, then one is sent on."""

from urllib.parse import urlsplit

from billing.devpeer import connect_pages, pages
from billing.devpeer.api import Peer
from billing.devpeer.checkouts import attach_card
from billing.devpeer.connect import Challenge
from billing.devpeer.wire import Fields, StripeError

Answer = tuple[int, str, str]  # status, page, address to go to


def hosted(peer: Peer, method: str, path: str, fields: Fields) -> Answer:
    """The page at `path`."""
    match path.strip("/").split("/"):
        case ["c", "pay", id_] if session := peer.store.get("session", id_):
            if method == "POST":
                return _pay(peer, id_, fields)
            return 200, pages.checkout(peer, peer.checkouts.get(session["id"])), ""
        case ["p", "session", id_] if session := peer.store.get("portal", id_):
            if method == "POST":
                return _manage(peer, session, fields)
            return 200, pages.portal(peer, session), ""
        case ["connect", id_] if link := peer.store.get("account_link", id_):
            if method == "POST":
                peer.connect.answer(link["account"], enough=fields.get("answer") == "enough")
                return 303, "", link["return_url"]
            return 200, connect_pages.questions(peer.connect.get(link["account"])), ""
        case ["dashboard", id_] if account := peer.store.get("account", id_):
            if method == "POST":
                _decide(peer, id_, fields)
            return 200, connect_pages.dashboard(peer, account), ""
        case ["invoice", id_]:
            return 200, pages.invoice(peer, peer.subscriptions.invoice(id_)), ""
    return 404, pages.not_found(), ""


def origin(address: str | None) -> str:
    """The part of an address that a policy for forms may name."""
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _pay(peer: Peer, id_: str, fields: Fields) -> Answer:
    try:
        if "answer" in fields:
            done = peer.checkouts.answer_challenge(id_, succeed=fields["answer"] == "yes")
        else:
            done = peer.checkouts.pay(id_, card=fields.get("number") or fields.get("card", ""))
    except Challenge:
        return 200, pages.challenge(peer.checkouts.get(id_)), ""
    except StripeError as error:
        problem = f"{error} Nothing was charged."
        return 200, pages.checkout(peer, peer.checkouts.get(id_), problem=problem), ""
    return 303, "", done["success_url"].replace("{CHECKOUT_SESSION_ID}", id_)


def _decide(peer: Peer, account: str, fields: Fields) -> None:
    """What banks and Stripe decide about an account, as a tester wishes."""
    answer = fields.get("answer")
    if answer in ("won", "lost"):
        dispute = peer.connect.dispute(fields["dispute"], account)
        peer.connect.decide(dispute["id"], won=answer == "won")
    elif answer in ("restrict", "allow"):
        peer.connect.answer(account, enough=answer == "allow")


def _manage(peer: Peer, session: dict, fields: Fields) -> Answer:
    customer = session["customer"]
    try:
        if fields.get("do") in ("cancel", "resume"):
            known = peer.subscriptions.get(fields["subscription"])
            if known["customer"] != customer:
                return 404, pages.not_found(), ""
            at_end = fields["do"] == "cancel"
            peer.subscriptions.update(known["id"], {"cancel_at_period_end": at_end})
        elif fields.get("do") == "card":
            card = fields.get("number") or fields.get("card", "")
            attach_card(peer.store, peer.engine, customer, card)
            if session.get("flow"):
                return 303, "", session["return_url"]
        elif fields.get("do") == "details":
            changes = {name: fields.get(name, "") for name in ("name", "email")}
            made = peer.engine.post(f"/v1/customers/{customer}", changes)
            peer.events.emit("customer.updated", made)
    except StripeError as error:
        return 200, pages.portal(peer, session, problem=str(error)), ""
    return 200, pages.portal(peer, session, done="Saved."), ""
