"""Alice owns Acme, Bob is an agent there, Mallory owns a business elsewhere; both may send."""

from datetime import timedelta

from django.utils import timezone

from audience.tests.people import NOW, make_person
from messaging.models import Contact, Template
from messaging.services.messages import receive_message
from profiles.models import Business, Membership, Profile, User

ANA, RAVI = 7, 8  # people


class Cast:
    """Mix into a TestCase: who every test of messaging knows. It is noon on 23 November 2026."""

    alice: User
    bob: User
    mallory: User
    acme: Business
    elsewhere: Business
    profile: Profile
    other_profile: Profile

    @classmethod
    def setUpTestData(cls) -> None:
        cls.alice = User.objects.create_user("alice@acme.example", name="Alice")
        cls.bob = User.objects.create_user("bob@acme.example", name="Bob")
        cls.mallory = User.objects.create_user("mallory@elsewhere.example", name="Mallory")
        cls.acme, cls.profile = make_business("acme")
        cls.elsewhere, cls.other_profile = make_business("elsewhere")
        for business, user, role in (
            (cls.acme, cls.alice, Membership.Role.OWNER),
            (cls.acme, cls.bob, Membership.Role.AGENT),
            (cls.elsewhere, cls.mallory, Membership.Role.OWNER),
        ):
            Membership.objects.create(business=business, user=user, role=role)

    def meet(self, person_id: int = ANA, *, ago: timedelta = timedelta(minutes=5), **values):
        """A person who wrote to Acme `ago`, and told it their first name."""
        person = make_person(person_id, **values)
        first = person.name.split(" ")[0]
        receive_message(person_id, self.profile, body="Olá!", name=first, now=NOW - ago)
        return person


def make_business(name: str) -> tuple[Business, Profile]:
    """A verified business with a plan, and its profile."""
    later = max(NOW, timezone.now()) + timedelta(days=300)
    business = Business.objects.create(
        name=name.title(), slug=name, country="BR", verified_until=later, paid_through=later
    )
    return business, Profile.objects.create(business=business, handle=name, name=name.title())


def make_template(business: Business, name: str = "hello", **values: object) -> Template:
    """An approved advert that says hello."""
    return Template.objects.create(
        **{
            "business": business,
            "name": name,
            "category": Template.Category.MARKETING,
            "status": Template.Status.APPROVED,
            "components": [{"type": "BODY", "text": "Hello from our shop."}],
        }
        | values
    )


def make_contact(person_id: int, business: Business) -> Contact:
    """A person who linked an account and has not written."""
    return Contact.objects.create(
        person_id=person_id,
        business_id=business.pk,
        name="Ana",
        source=Contact.Source.LINKED,
        first_at=NOW,
        last_at=NOW,
    )
