"""Orders in the Cloud API: `order_details` asks for money, `order_status` says where the goods are.

Amounts come as {value, offset}: 2150 with the offset 100 is 21.50. The offset must be the
currency's own, so that nobody pays a hundred times too much by a slip.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import PaymentRequest
from billing.money import decimals
from billing.services.payment_requests import EXTRAS, Item, note_order_status
from messaging.api.errors import wrong
from messaging.api.fields import number, one_of, text, thing, things
from messaging.models import Message
from messaging.services.integrators.play_payments import ask_in_play, is_asked_in_play
from messaging.services.messages import send_message
from messaging.services.payments import request_payment
from profiles.models import Profile

WHERE = "interactive.action.parameters"
GOODS = ("digital-goods", "physical-goods")
MOST = 10**12


def read_order_details(action: dict) -> dict:
    """The action of an order_details, checked: its sums agree with its items."""
    one_of(action, "name", ("review_and_pay",), where="interactive.action")
    given = thing(action, "parameters", where="interactive.action")
    currency = text(given, "currency", most=3, where=WHERE).lower()
    order = thing(given, "order", where=WHERE)
    at = f"{WHERE}.order"
    items = [
        _item(item, currency, f"{at}.items[{n}]")
        for n, item in enumerate(things(order, "items", least=1, most=50, where=at))
    ]
    clean: dict = {
        "reference_id": text(given, "reference_id", most=35, where=WHERE),
        "type": one_of(given, "type", GOODS, where=WHERE) if given.get("type") else GOODS[1],
        "currency": currency.upper(),
        "total_amount": _shape(_amount(given, "total_amount", currency, WHERE), currency),
        "order": {
            "status": "pending",
            "items": items,
            "subtotal": _shape(_amount(order, "subtotal", currency, at), currency),
        },
    }
    for name in EXTRAS:
        if order.get(name) is not None:
            clean["order"][name] = _shape(_amount(order, name, currency, at), currency)
    if expiration := thing(order, "expiration", where=at, required=False):
        stamp = number(expiration, "timestamp", least=0, most=2**33, where=f"{at}.expiration")
        clean["order"]["expiration"] = {"timestamp": str(int(stamp))}
    _check_sums(clean)
    return {"name": "review_and_pay", "parameters": clean}


def read_order_status(action: dict) -> dict:
    """The action of an order_status, checked."""
    one_of(action, "name", ("review_order",), where="interactive.action")
    given = thing(action, "parameters", where="interactive.action")
    order = thing(given, "order", where=WHERE)
    statuses = tuple(PaymentRequest.OrderStatus.values)
    clean = {"status": one_of(order, "status", statuses, where=f"{WHERE}.order")}
    if words := text(order, "description", most=120, where=f"{WHERE}.order", required=False):
        clean["description"] = words
    reference = text(given, "reference_id", most=35, where=WHERE)
    return {"name": "review_order", "parameters": {"reference_id": reference, "order": clean}}


def send_order_details(
    profile: Profile, person_id: int, *, content: dict, kind: str, **message
) -> Message:
    """A request for money, as an integrator writes it."""
    if profile.is_test:
        return ask_in_play(profile, person_id, content=content, **message)
    given = content["action"]["parameters"]
    order = given["order"]
    expiration = order.get("expiration")
    return request_payment(
        profile,
        person_id,
        items=[
            Item(
                item["name"],
                item.get("sale_amount", item["amount"])["value"],
                item["quantity"],
                item.get("retailer_id", ""),
            )
            for item in order["items"]
        ],
        extras={name: order[name]["value"] for name in EXTRAS if name in order},
        currency=given["currency"].lower(),
        reference_id=given["reference_id"],
        expires_at=datetime.fromtimestamp(int(expiration["timestamp"]), UTC)
        if expiration
        else None,
        content=content,
        **message,
    )


@transaction.atomic
def send_order_status(
    profile: Profile, person_id: int, *, content: dict, by: None, **message
) -> Message:
    """Where an order is, with the integrator's own words."""
    given = content["action"]["parameters"]
    message |= {"by": by, "content": content}
    if profile.is_test and is_asked_in_play(profile, person_id, given["reference_id"]):
        return send_message(profile, person_id, **message)
    request = (
        PaymentRequest.objects.filter(
            profile=profile, person_id=person_id, reference_id=given["reference_id"]
        )
        .order_by("-created_at")
        .first()
    )
    if request is None:
        raise wrong(f"{WHERE}.reference_id", _("there is no such order of this person."))
    note_order_status(
        request,
        given["order"]["status"],
        by=by,
        description=given["order"].get("description", ""),
    )
    return send_message(profile, person_id, **message)


# Interactive types that do more than show something: who sends them.
ORDERS: dict[str, Callable[..., Message]] = {
    "order_details": send_order_details,
    "order_status": send_order_status,
}


def _item(item: dict, currency: str, at: str) -> dict:
    clean: dict = {
        "name": text(item, "name", most=60, where=at),
        "amount": _shape(_amount(item, "amount", currency, at), currency),
        "quantity": int(number(item, "quantity", least=1, most=9_999, where=at)),
    }
    if item.get("sale_amount") is not None:
        clean["sale_amount"] = _shape(_amount(item, "sale_amount", currency, at), currency)
    if retailer_id := text(item, "retailer_id", most=100, where=at, required=False):
        clean["retailer_id"] = retailer_id
    return clean


def _amount(source: dict, name: str, currency: str, at: str) -> int:
    """The value of {value, offset}, in the smallest unit."""
    given = thing(source, name, where=at)
    value = number(given, "value", least=0, most=MOST, where=f"{at}.{name}")
    offset = number(given, "offset", least=1, most=1_000, where=f"{at}.{name}")
    own = 10 ** decimals(currency)
    if value != int(value):
        raise wrong(f"{at}.{name}.value", _("a whole number is expected."))
    if offset != own:
        raise wrong(
            f"{at}.{name}.offset",
            _("for %(currency)s it is %(offset)s.") % {"currency": currency.upper(), "offset": own},
        )
    return int(value)


def _shape(value: int, currency: str) -> dict:
    return {"value": value, "offset": 10 ** decimals(currency)}


def _check_sums(given: dict) -> None:
    """What the items make is what is said to be the sum."""
    order = given["order"]
    subtotal = sum(
        item.get("sale_amount", item["amount"])["value"] * item["quantity"]
        for item in order["items"]
    )
    plus = {name: order.get(name, {"value": 0})["value"] for name in EXTRAS}
    total = subtotal + plus["tax"] + plus["shipping"] - plus["discount"]
    for where, said, made in (
        ("order.subtotal", order["subtotal"]["value"], subtotal),
        ("total_amount", given["total_amount"]["value"], total),
    ):
        if said != made:
            raise wrong(
                f"{WHERE}.{where}",
                _("it is %(said)s, but the items make %(made)s.") % {"said": said, "made": made},
            )
