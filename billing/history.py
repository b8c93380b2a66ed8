"""What happened to a business's plan, as sentences for its members: read from the audit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from billing.plans import PLANS
from portal.base.templatetags.ui import money
from profiles.models import AuditRow, Business

SHOWN = 12


@dataclass(frozen=True)
class Happening:
    at: datetime
    who: str  # empty: nobody, a rule or Stripe
    what: str


def history(business: Business, limit: int = SHOWN) -> list[Happening]:
    """The latest changes of plan and money, newest first."""
    rows = (
        AuditRow.objects.filter(business_id=business.pk, event__in=list(SENTENCES))
        .select_related("actor")
        .order_by("-id")[:limit]
    )
    return [
        Happening(row.at, str(row.actor) if row.actor else "", SENTENCES[row.event](row.details))
        for row in rows
    ]


def _plan(details: dict) -> str:
    plan = PLANS.get(details.get("plan", ""))
    return str(plan.name) if plan else _("an agreed price")


def _amount(details: dict) -> str:
    return money(details.get("amount", 0), details.get("currency", "usd"))


def _changed(details: dict) -> str:
    said = {
        "past_due": _("Payment overdue"),
        "unpaid": _("Payment given up: sending is off"),
        "canceled": _("Subscription ended"),
        "paused": _("Subscription paused"),
    }
    return said.get(details.get("status", "")) or _("Plan is %(plan)s, %(seats)s seats") % {
        "plan": _plan(details),
        "seats": details.get("seats"),
    }


SENTENCES: dict[str, Callable[[dict], str]] = {
    "subscription.began": lambda details: _("Subscribed to %(plan)s") % {"plan": _plan(details)},
    "subscription.changed": _changed,
    "subscription.ending": lambda details: _("Cancelled to the end of the period"),
    "subscription.kept": lambda details: _("Kept after all"),
    "subscription.paused": lambda details: (
        _("Charging paused: %(why)s") % {"why": details.get("reason", "")}
    ),
    "subscription.resumed": lambda details: (
        _("Charging resumed: %(why)s") % {"why": details.get("reason", "")}
    ),
    "plan.changed": lambda details: (
        _("Changed to %(plan)s, %(seats)s seats")
        % {"plan": _plan(details), "seats": details.get("seats")}
    ),
    "invoice.paid": lambda details: _("%(amount)s paid") % {"amount": _amount(details)},
    "invoice.refunded": lambda details: _("%(amount)s refunded") % {"amount": _amount(details)},
    "dispute.changed": lambda details: (
        _("Dispute of a payment: %(status)s")
        % {"status": details.get("status", "").replace("_", " ")}
    ),
}
