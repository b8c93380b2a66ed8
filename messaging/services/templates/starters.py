"""Templates to begin with, by trade: each passes the linter as it stands."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.models import Template
from profiles.models import Profile

Category = Template.Category
Vertical = Profile.Vertical


@dataclass(frozen=True)
class Starter:
    """A template somebody may begin with."""

    key: str
    title: str | Promise
    name: str
    category: str
    header: str
    body: str
    examples: tuple[str, ...]
    footer: str = ""
    buttons: tuple[str, ...] = ()
    verticals: tuple[str, ...] = ()  # trades it is shown to first


STARTERS = [
    Starter(
        "order",
        _("An order is on its way"),
        "order_shipped",
        Category.UTILITY,
        "Your order",
        "Hello {{1}}, your order {{2}} has been shipped. It will be delivered on {{3}}.",
        ("Ana", "4711", "Friday"),
        buttons=("Where is it?",),
        verticals=(Vertical.RETAIL, Vertical.GROCERY, Vertical.APPAREL),
    ),
    Starter(
        "fraud",
        _("Confirm a transaction"),
        "confirm_transaction",
        Category.UTILITY,
        "Was this you?",
        "A transaction of {{1}} at {{2}} was made with your card. Please confirm that it was you.",
        ("R$ 250.00", "Mercado Azul"),
        "We never ask for codes or passwords.",
        ("Yes, it was me", "No, block the card"),
        (Vertical.FINANCE,),
    ),
    Starter(
        "gate",
        _("A flight changed"),
        "flight_update",
        Category.UTILITY,
        "Your flight",
        "Your flight {{1}} is delayed: it leaves at {{2}} from gate {{3}}. Thank you for waiting.",
        ("AC 212", "18:40", "B7"),
        buttons=("Other flights",),
        verticals=(Vertical.TRAVEL, Vertical.HOTEL),
    ),
    Starter(
        "appointment",
        _("An appointment is near"),
        "appointment_reminder",
        Category.UTILITY,
        "",
        "Hello {{1}}, a reminder of your appointment on {{2}} at {{3}}. See you soon!",
        ("Ana", "12 May", "14:30"),
        buttons=("I will come", "Another day"),
        verticals=(Vertical.HEALTH, Vertical.BEAUTY, Vertical.AUTO),
    ),
    Starter(
        "offer",
        _("An offer"),
        "weekend_offer",
        Category.MARKETING,
        "This weekend",
        "This weekend you get {{1}} off everything at {{2}}. Show this message at the till.",
        ("10 %", "Rua Augusta 12"),
        "Enough adverts? Mute us any time.",
        verticals=(Vertical.RETAIL, Vertical.RESTAURANT, Vertical.APPAREL),
    ),
]


def starters_for(vertical: str) -> list[Starter]:
    """All of them, those of this trade first."""
    return sorted(STARTERS, key=lambda starter: vertical not in starter.verticals)
