"""Alice owns Acme, Bob is an agent there, Mallory owns a business elsewhere."""

from profiles.models import Business, Membership, User


class Cast:
    """Mix into a TestCase: the people and businesses that every test of billing knows."""

    alice: User
    bob: User
    mallory: User
    acme: Business
    elsewhere: Business

    @classmethod
    def setUpTestData(cls) -> None:
        cls.alice = User.objects.create_user("alice@acme.example", name="Alice")
        cls.bob = User.objects.create_user("bob@acme.example", name="Bob")
        cls.mallory = User.objects.create_user("mallory@elsewhere.example", name="Mallory")
        cls.acme = Business.objects.create(name="Acme", slug="acme", country="US")
        cls.elsewhere = Business.objects.create(name="Elsewhere", slug="elsewhere", country="BR")
        for business, user, role in (
            (cls.acme, cls.alice, Membership.Role.OWNER),
            (cls.acme, cls.bob, Membership.Role.AGENT),
            (cls.elsewhere, cls.mallory, Membership.Role.OWNER),
        ):
            Membership.objects.create(business=business, user=user, role=role)
