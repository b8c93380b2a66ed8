"""The messenger's members: who they are, and how they take what businesses send them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

MEMBERS = 20_000
SEED = 7

NAMES = {
    "BR": (
        [
            "Ana",
            "Beatriz",
            "Bruno",
            "Caio",
            "Camila",
            "Davi",
            "Elisa",
            "Felipe",
            "Helena",
            "Igor",
            "Julia",
            "Lara",
            "Lucas",
        ],
        [
            "Almeida",
            "Barbosa",
            "Costa",
            "Dias",
            "Ferreira",
            "Gomes",
            "Lima",
            "Melo",
            "Nunes",
            "Pereira",
            "Rocha",
            "Souza",
        ],
        ["BR-SP", "BR-RJ", "BR-MG", "BR-BA", "BR-PR", "BR-PE", "BR-CE"],
        "pt",
    ),
    "IN": (
        [
            "Aarav",
            "Aditi",
            "Arjun",
            "Devi",
            "Gopal",
            "Isha",
            "Kavya",
            "Meera",
            "Nikhil",
            "Priya",
            "Ravi",
            "Sunita",
            "Vijay",
        ],
        [
            "Das",
            "Iyer",
            "Joshi",
            "Khan",
            "Kumar",
            "Mehta",
            "Nair",
            "Patel",
            "Pillai",
            "Rao",
            "Sharma",
            "Singh",
            "Verma",
        ],
        ["IN-KL", "IN-MH", "IN-KA", "IN-TN", "IN-DL", "IN-WB", "IN-UP"],
        "en",
    ),
}
PHONES = ["SM-A145M", "SM-A546E", "SM-S911B", "iPhone12,1", "iPhone14,2", "iPhone15,4", "CPH2387"]
REPLIES = {
    "pt": ["Obrigado!", "Quanto custa?", "Vocês têm em azul?", "Pode me explicar melhor?"],
    "en": ["Thank you!", "How much is it?", "Do you have it in blue?", "Can you tell me more?"],
}
BLOCKS = ["too_many", "not_interested", "unknown_sender", "scam"]
REPORTS = ["spam", "never_signed_up", "scam"]


def make_members(n: int = MEMBERS) -> Iterator[dict]:
    """The members, as Signet wants to know them; the same each time."""
    random = Random(SEED)
    for number in range(n):
        country = "BR" if random.random() < 0.6 else "IN"
        first, last, regions, language = NAMES[country]
        joined = date(2025, 12, 1) - timedelta(days=random.randrange(1_000))
        yield {
            "external_id": f"papo-{number:05d}",
            "name": f"{random.choice(first)} {random.choice(last)}",
            "country": country,
            "region": random.choice(regions),
            "birth_year": random.randint(1950, 2006),
            "device": random.choice(PHONES),
            "language": language,
            "marketing": random.random() < 0.8,
            "wording": "papo-1",
            "joined": joined.isoformat(),
        }


@dataclass(frozen=True)
class Rates:
    """Shares, from 0 to 1: of messages that are read; of read ones that are answered; of read
    adverts about which somebody complains; of complaints that are reports, and not only blocks.
    """

    read: float = 0.7
    reply: float = 0.04
    complain: float = 0.004
    report: float = 0.4


@dataclass(frozen=True)
class Planned:
    """Something a member will do, so many seconds after the message came."""

    after: float
    event: dict


def reactions(
    message: dict, language: str, rates: Rates, *, pace: float, seed: str
) -> list[Planned]:
    """What a member does about a message, in order. The same message meets the same member.

    Arguments:
        pace: how long people take: 1 is up to 20 seconds until they read.
        seed: what tells this member and message from others.
    """
    random = Random(seed)
    plans: list[Planned] = []

    def plan(after: float, kind: str, **said: str) -> None:
        event = {"id": uuid.uuid4().hex, "type": kind, "person": message["person"], **said}
        plans.append(Planned(after * pace, event))

    about = {"profile": message["profile"]}
    plan(0, "delivered", message=message["id"])
    if random.random() >= rates.read:
        return plans
    read_after = random.uniform(1, 20)
    plan(read_after, "read", message=message["id"])
    is_advert = message["class"] == "marketing"
    if is_advert and random.random() < rates.complain:
        if random.random() < rates.report:
            reason = random.choice(REPORTS)
            plan(read_after + 2, "report", message=message["id"], reason=reason, **about)
        plan(read_after + 3, "block", reason=random.choice(BLOCKS), **about)
    elif random.random() < rates.reply:
        words = random.choice(REPLIES.get(language, REPLIES["en"]))
        plan(read_after + random.uniform(3, 15), "message", text=words, **about)
    return plans
