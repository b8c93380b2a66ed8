"""Who lives in the demo: three businesses, the operator's staff, and Ana, whom all three know.

Everything is made by the product's own services, 28 days back.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image, ImageDraw, ImageFont

from audience.models import PersonKey
from audience.services.people import import_people
from messaging.models import App, Conversation
from messaging.services.integrators.keys import create_app, create_token
from portal.base.pairwise import pairwise_number, wa_id
from profiles.models import Business, Document, Membership, Profile, User
from profiles.services.businesses import create_business
from profiles.services.documents import add_document
from profiles.services.profiles import change_logo, create_profile
from profiles.services.verification import (
    approve_case,
    change_case,
    claim_case,
    open_case,
    reject_case,
    submit_case,
)

HELENA = "helena@banco-ipe.example"
MARTA = "marta@signet.example"
BANK_HANDLE = "banco_ipe"
BANK_SLUG = "banco-ipe"
ANA = "demo-ana"
PEOPLE = (
    "external_id,name,country,region,birth_year,device,language,time_zone,marketing,joined\n"
    f"{ANA},Ana Souza,BR,BR-SP,1991,SM-A546E,pt,America/Sao_Paulo,true,2024-03-02\n"
)
ADDRESSES = {"BR": "Avenida Paulista 1000, São Paulo", "IN": "MG Road, Kochi"}
TOKEN_AGE = timedelta(hours=1)


@dataclass(frozen=True)
class Role:
    """One business of the demo."""

    name: str
    handle: str
    country: str
    time_zone: str
    vertical: str
    about: str
    owner: tuple[str, str]
    colour: str
    plan: str = "business"
    agents: tuple[tuple[str, str], ...] = field(default=())


BANK = Role(
    name="Banco Ipê",
    handle=BANK_HANDLE,
    country="BR",
    time_zone="America/Sao_Paulo",
    vertical=Profile.Vertical.FINANCE,
    about="Your bank in your pocket. We never ask for your password.",
    owner=(HELENA, "Helena Prado"),
    colour="#0c6152",
    plan="enterprise",
    agents=(("priya@banco-ipe.example", "Priya Nair"),),
)
AIRLINE = Role(
    name="Céu Airlines",
    handle="ceu_airlines",
    country="BR",
    time_zone="America/Sao_Paulo",
    vertical=Profile.Vertical.TRAVEL,
    about="Flights across Brazil. Gate changes arrive here first.",
    owner=("rui@ceu.example", "Rui Alves"),
    colour="#1f5fae",
    agents=(("lia@ceu.example", "Lia Torres"),),
)
DEALS = Role(
    name="Kite Deals",
    handle="kite_deals",
    country="IN",
    time_zone="Asia/Kolkata",
    vertical=Profile.Vertical.RETAIL,
    about="New offers every day.",
    owner=("dev@kite.example", "Dev Mehta"),
    colour="#8f4014",
)
ROLES = (BANK, AIRLINE, DEALS)

STAFF = (
    (MARTA, "Marta Lima", ("verifier", "moderator")),
    ("otto@signet.example", "Otto Weiss", ("lead", "moderator")),
)
APPLICANTS = (  # who waits to be verified
    ("Padaria Luz", "BR", "nina@padaria-luz.example", "Nina Rocha"),
    ("Kerala Spice House", "IN", "arjun@spice.example", "Arjun Pillai"),
)

# Who was decided since: days after the beginning, name, country, refused for.
DECIDED = (
    (4, "Livraria Aurora", "BR", ""),
    (9, "Mysore Silks", "IN", ""),
    (13, "Quick Loan Now", "IN", "The register extract belongs to another company."),
    (18, "Clínica Bem-te-vi", "BR", ""),
    (23, "Goa Surf School", "IN", ""),
    (26, "Super Prize Center", "BR", "The register number does not exist."),
)


def make_cast(*, since: datetime) -> list[Profile]:
    """Staff and businesses, verified at `since`; returns the businesses' profiles."""
    for email, name, groups in STAFF:
        _staff(email, name, groups)
    import_people(PEOPLE.encode().splitlines(keepends=True), name="the demo's own people")
    profiles = [_make_business(role, since=since) for role in ROLES]
    for name, country, email, owner in APPLICANTS:
        _apply(create_business(by=make_user(email, owner), name=name, country=country))
    for days, name, country, verdict in DECIDED:
        _decide(days, name, country, verdict, began=since)
    return profiles


def make_user(email: str, name: str) -> User:
    user = User.objects.create_user(email, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def person_id() -> int:
    """Ana."""
    return PersonKey.objects.get(external_id=ANA).person_id


def recipient_number(profile: Profile) -> str:
    """Ana's number towards the profile's business, as a Cloud-API client writes it."""
    return wa_id(pairwise_number(profile.business_id, person_id()))


def fresh_token(*, now: datetime | None = None) -> str:
    """A token of the bank's app, good for TOKEN_AGE."""
    app = App.objects.filter(business__slug=BANK_SLUG, closed_at=None).first()
    helena = User.objects.get(email=HELENA)
    if app is None:
        app = create_app(Business.objects.get(slug=BANK_SLUG), name="Integrator's door", by=helena)
    expires = (now or timezone.now()) + TOKEN_AGE
    return create_token(app, name="One hour", by=helena, expires_at=expires)[1]


def conversation_with_ana(profile: Profile) -> Conversation | None:
    return Conversation.objects.filter(person_id=person_id(), profile_id=profile.pk).first()


def _staff(email: str, name: str, groups: tuple[str, ...]) -> User:
    user = make_user(email, name)
    user.is_staff, user.time_zone = True, "America/Sao_Paulo"
    user.save(update_fields=["is_staff", "time_zone"])
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def _make_business(role: Role, *, since: datetime) -> Profile:
    owner = make_user(*role.owner)
    business = create_business(
        by=owner, name=role.name, country=role.country, time_zone=role.time_zone
    )
    for email, name in role.agents:
        Membership.objects.create(
            business=business, user=make_user(email, name), role=Membership.Role.AGENT
        )
    profile = create_profile(
        business,
        by=owner,
        handle=role.handle,
        name=role.name,
        vertical=role.vertical,
        about=role.about,
    )
    change_logo(profile, by=owner, data=_picture(role.name[0], role.colour, 256))
    case = _apply(business, now=since)
    marta = User.objects.get(email=MARTA)
    claim_case(case, by=marta, now=since)
    approve_case(case, by=marta, now=since)
    return Profile.objects.select_related("business").get(pk=profile.pk)


def _decide(days: int, name: str, country: str, refused: str, *, began: datetime) -> None:
    """A business that Marta has decided on, some days after the beginning."""
    handed_in = began + timedelta(days=days)
    marta = User.objects.get(email=MARTA)
    owner = make_user(f"owner@{slugify(name)}.example", f"Owner of {name}")
    case = _apply(create_business(by=owner, name=name, country=country), now=handed_in)
    decided = handed_in + timedelta(hours=2 + days % 5)
    claim_case(case, by=marta, now=decided)
    if refused:
        reject_case(case, by=marta, reason=refused, now=decided)
    else:
        approve_case(case, by=marta, now=decided)


def _apply(business: Business, *, now: datetime | None = None):
    owner = business.memberships.get(role=Membership.Role.OWNER).user
    case = open_case(business, by=owner, now=now)
    case = change_case(
        case,
        by=owner,
        legal_name=f"{business.name} {'S.A.' if business.country == 'BR' else 'Pvt Ltd'}",
        register_number="33.000.167/0001-01",
        country=business.country,
        address="Avenida Paulista 1000, São Paulo"
        if business.country == "BR"
        else "MG Road, Kochi",
        domain=owner.email.partition("@")[2],
        representative=owner.name,
    )
    paper = _picture(f"Extract of the business register\n\n{business.name}", "#ffffff", 900)
    add_document(
        case,
        by=owner,
        kind=Document.Kind.REGISTER,
        name="register-extract.png",
        size=len(paper),
        read=lambda: paper,
    )
    return submit_case(case, by=owner, now=now)


def _picture(words: str, colour: str, side: int) -> bytes:
    """A square PNG with a few words on it."""
    picture = Image.new("RGB", (side, side), colour)
    is_letter = len(words) == 1
    ImageDraw.Draw(picture).multiline_text(
        (side / 2, side / 2),
        words,
        fill="#ffffff" if is_letter else "#222222",
        font=ImageFont.load_default(side * 0.55 if is_letter else side / 26),
        anchor="mm",
        align="center",
    )
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
