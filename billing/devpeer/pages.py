"""The pages that Stripe would host: Checkout, portal, invoice. Plain forms, no script."""

import time
from datetime import UTC, datetime
from html import escape

from billing.devpeer.api import Peer
from billing.devpeer.store import Thing
from billing.money import money

CARDS = (
    ("4242 4242 4242 4242", "Succeeds"),
    ("4000 0000 0000 0002", "Is declined"),
    ("4000 0000 0000 0341", "Can be saved, then is declined when charged"),
    ("4000 0027 6000 3184", "Asks for 3-D Secure"),
    ("4000 0084 0000 1629", "Asks for 3-D Secure, then is declined"),
)
DISPUTED = (("4000 0000 0000 0259", "Succeeds, then the bank wants it back"),)


def page(title: str, body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><link rel=stylesheet href=/page.css></head><body>"
        "<header class=strip><strong>Test mode.</strong> A stand-in for Stripe on this machine: "
        "no real card, no real money.</header>"
        f"<main>{body}</main></body></html>"
    )


def not_found() -> str:
    return page("Not found", "<h1>This page does not exist</h1><p>The link may have expired.</p>")


def checkout(peer: Peer, session: Thing, *, problem: str = "") -> str:
    """Pay, or why one can't any more."""
    back = escape(session["cancel_url"] or "")
    if session["status"] != "open":
        return page(
            "Checkout",
            f"<h1>This checkout is {escape(session['status'])}</h1>"
            f'<p><a class=button href="{back}">Back to the shop</a></p>',
        )
    if session["mode"] == "payment":
        is_trial, summary = False, _payment(peer, session)
    else:
        is_trial, summary = _summary(peer, session)
    fields = _card_fields(
        optional=is_trial, cards=CARDS + DISPUTED * (session["mode"] == "payment")
    )
    title = "Start your trial" if is_trial else "Pay"
    return page(
        title,
        f"<h1>{title}</h1>{summary}{_alert(problem)}"
        f"<form method=post>{fields}"
        f"<button class=primary>{'Start trial' if is_trial else 'Pay now'}</button></form>"
        f'<p><a href="{back}">Cancel and go back</a></p>',
    )


def challenge(session: Thing) -> str:
    """What the bank would show."""
    return page(
        "3-D Secure",
        "<h1>Your bank asks: is it you?</h1><p>This is where the bank of the card would ask for a "
        "code or a fingerprint (3-D Secure).</p><form method=post class=row>"
        "<button class=primary name=answer value=yes>Yes, confirm the payment</button>"
        "<button name=answer value=no>No, refuse it</button></form>",
    )


def portal(peer: Peer, session: Thing, *, problem: str = "", done: str = "") -> str:
    """Subscription, card, details and invoices of one customer."""
    customer = peer.engine.get(f"/v1/customers/{session['customer']}")
    flow = (session.get("flow") or {}).get("type")
    parts = [
        f"<h1>{escape(customer['name'] or 'Your billing')}</h1>",
        _alert(problem),
        f"<p class=done role=status>{escape(done)}</p>" if done else "",
    ]
    if flow != "payment_method_update":
        parts.append(_subscriptions(peer, customer["id"]))
    parts.append(
        f"<section><h2>Card</h2>{_card(peer, customer)}"
        "<details name=card><summary>Change the card</summary>"
        f"<form method=post>{_card_fields()}"
        "<button class=primary name=do value=card>Save card</button></form></details></section>"
    )
    if flow != "payment_method_update":
        parts.append(_details(customer))
        parts.append(_invoices(peer, customer["id"]))
    back = escape(session["return_url"] or "")
    parts.append(f'<p><a class=button href="{back}">Return to the shop</a></p>')
    return page("Manage billing", "".join(parts))


def invoice(peer: Peer, found: Thing) -> str:
    lines = "".join(
        f"<tr><td>{escape(line['description'])}"
        f"<td class=number>{money(line['amount'], line['currency'])}"
        for line in found["lines"]["data"]
    )
    return page(
        f"Invoice {found['number']}",
        f"<h1>Invoice {escape(found['number'])}</h1><p>{day(found['created'])}, "
        f"{escape(found['status'])}</p><table>{lines}<tr class=total><td>Total"
        f"<td class=number>{money(found['total'], found['currency'])}</table>",
    )


def day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y}"


def _alert(problem: str) -> str:
    return f"<p class=alert role=alert>{escape(problem)}</p>" if problem else ""


def _summary(peer: Peer, session: Thing) -> tuple[bool, str]:
    asked = peer.checkouts.asked(session["id"])
    days = int((asked.get("subscription_data") or {}).get("trial_period_days") or 0)
    rows = ""
    for line in asked["line_items"]:
        price, quantity = peer.prices.get(line["price"]), int(line.get("quantity", 1))
        product = peer.engine.get(f"/v1/products/{price['product']}")
        amount = money(peer.prices.amount(price, quantity), price["currency"])
        rows += (
            f"<tr><td>{escape(product['name'])}<br><small>{escape(product['description'] or '')}"
            f"</small><td class=number>{amount}<br><small>each "
            f"{price['recurring']['interval']}</small>"
        )
    note = f"<p>Free until {day(int(time.time()) + days * 86_400)}.</p>" if days else ""
    return bool(days), f"<table>{rows}</table>{note}"


def _payment(peer: Peer, session: Thing) -> str:
    """What is paid to a business: its lines and their sum."""
    rows = "".join(
        f"<tr><td>{escape(line['price_data']['product_data']['name'])}"
        f"<br><small>{int(line.get('quantity', 1))} ×</small><td class=number>"
        + money(int(line["price_data"]["unit_amount"]), session["currency"])
        for line in peer.checkouts.asked(session["id"])["line_items"]
    )
    account = peer.connect.get(session["account"])
    payee = escape((account.get("business_profile") or {}).get("name") or "the business")
    total = money(session["amount_total"], session["currency"])
    return (
        f"<p>To {payee}</p><table>{rows}<tr class=total><td>Total<td class=number>{total}</table>"
    )


def _card_fields(*, optional: bool = False, cards: tuple[tuple[str, str], ...] = CARDS) -> str:
    choices = "".join(
        f"<label class=choice><input type=radio name=card value='{number.replace(' ', '')}'"
        f"{' checked' if n == 0 and not optional else ''}>"
        f" <span><code>{number}</code> <small>{effect}</small></span></label>"
        for n, (number, effect) in enumerate(cards)
    )
    if optional:
        choices = (
            "<label class=choice><input type=radio name=card value='' checked> No card for now"
            "</label>" + choices
        )
    return (
        f"<fieldset><legend>Test card</legend>{choices}</fieldset>"
        "<label class=field>Or another number<input name=number inputmode=numeric "
        "autocomplete=off maxlength=23></label>"
    )


def _subscriptions(peer: Peer, customer: str) -> str:
    rows = ""
    for each in peer.subscriptions.listed({"customer": customer}):
        item = each["items"]["data"][0]
        price = item["price"]
        product = peer.engine.get(f"/v1/products/{price['product']}")
        amount = money(peer.prices.amount(price, item["quantity"]), price["currency"])
        ending = each["cancel_at"]
        says = (
            f"ends on {day(ending)}"
            if ending
            else f"{each['status']}, next on {day(item['current_period_end'])}"
        )
        action = (
            ("resume", "Keep the subscription") if ending else ("cancel", "Cancel at period end")
        )
        rows += (
            f"<form method=post class=line><div><strong>{escape(product['name'])}</strong><br>"
            f"<small>{amount} each {price['recurring']['interval']}, {says}</small></div>"
            f"<input type=hidden name=subscription value='{each['id']}'>"
            f"<button name=do value={action[0]}>{action[1]}</button></form>"
        )
    return f"<section><h2>Subscription</h2>{rows or '<p>None at the moment.</p>'}</section>"


def _card(peer: Peer, customer: Thing) -> str:
    method = customer["invoice_settings"]["default_payment_method"]
    if not method:
        return "<p>No card yet.</p>"
    card = peer.engine.get(f"/v1/payment_methods/{method}")["card"]
    return (
        f"<p>{escape(card['brand'].title())} ending in <code>{card['last4']}</code>, "
        f"valid until {card['exp_month']:02}/{card['exp_year']}</p>"
    )


def _details(customer: Thing) -> str:
    fields = "".join(
        f"<label class=field>{label}<input name={name} type={kind} "
        f'value="{escape(customer[name] or "")}"></label>'
        for name, label, kind in (("name", "Name", "text"), ("email", "E-mail", "email"))
    )
    return (
        f"<section><h2>Billing details</h2><form method=post>{fields}"
        "<button name=do value=details>Save</button></form></section>"
    )


def _invoices(peer: Peer, customer: str) -> str:
    rows = "".join(
        f"<tr><td><a href='/invoice/{each['id']}'>{escape(each['number'])}</a>"
        f"<td>{day(each['created'])}<td>{escape(each['status'])}"
        f"<td class=number>{money(each['total'], each['currency'])}"
        for each in peer.subscriptions.invoices({"customer": customer})
    )
    table = f"<table><tr><th>Number<th>Date<th>Status<th>Total{rows}</table>"
    return f"<section><h2>Invoices</h2>{table if rows else '<p>None yet.</p>'}</section>"
