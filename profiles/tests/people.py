"""The people of every test: Alice owns Acme, Bob is an agent there, Mallory is from elsewhere.

    alice, acme = person("alice"), make_business("Acme", owner=alice)
    profile = make_profile(acme, "acme"); verify(acme); pay(acme)
    sign_in(self.client, alice)

Each is made by the real services, so tests stand on what the product does.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from unittest import mock

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from profiles import signals
from profiles.models import Business, Membership, Profile, User, Verification
from profiles.services.businesses import create_business
from profiles.services.profiles import create_profile

Role = Membership.Role


def person(name: str, **fields) -> User:
    """The user `name`, with a verified address; the same one for the same name."""
    email = f"{name}@example.com"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name.title(), **fields)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_business(name: str = "Acme", *, owner: User | None = None, country="GB") -> Business:
    return create_business(by=owner or person("alice"), name=name, country=country)


def make_profile(business: Business, handle: str, *, name: str = "", **fields) -> Profile:
    with beyond_the_plan():
        return create_profile(
            business, by=None, handle=handle, name=name or business.name, **fields
        )


@contextmanager
def beyond_the_plan() -> Iterator[None]:
    """For tests that need more profiles or members than the free plan has room for."""
    asked = (signals.profile_requested, signals.member_invited)
    with ExitStack() as muted:
        for signal in asked:
            muted.enter_context(mock.patch.object(signal, "send", return_value=[]))
        yield


def verify(business: Business, *, now: datetime | None = None) -> Verification:
    """Verified by Vera, through a real case without documents."""
    from profiles.models import VerificationCase
    from profiles.services.verification import approve_case

    now = now or timezone.now()
    case = VerificationCase.objects.create(
        business=business,
        state=VerificationCase.State.SUBMITTED,
        legal_name=f"{business.name} Ltd",
        register_number="01234567",
        country=business.country,
        address="1 High Street",
        representative="Alice",
        submitted_at=now,
    )
    return approve_case(case, by=staff("verifier", name="vera"), now=now)


def pay(business: Business, *, days: int = 30, now: datetime | None = None) -> Business:
    """Paid for `days` from now, as billing would say after Stripe's event."""
    business.paid_through = (now or timezone.now()) + timedelta(days=days)
    business.save(update_fields=["paid_through"])
    return business


def verified_profile(handle: str = "acme", *, business: Business | None = None) -> Profile:
    """A profile that shows the badge: verified, paid, clear."""
    business = business or make_business()
    verify(business)
    pay(business)
    profile = make_profile(business, handle)
    return Profile.objects.select_related("business").get(pk=profile.pk)


def member(business: Business, role: str = Role.AGENT, *, name: str = "") -> User:
    """A member in this role: Bob is an agent, the others are called after their role."""
    user = person(name or ("bob" if role == Role.AGENT else str(role)))
    Membership.objects.get_or_create(
        business=business, user=user, removed_at=None, defaults={"role": role}
    )
    return user


def staff(*groups: str, name: str = "") -> User:
    """A member of the operator's staff in these groups; "superuser" makes one."""
    user = person(name or "_".join(groups) or "staff")
    user.is_staff = True
    user.is_superuser = "superuser" in groups
    user.save(update_fields=["is_staff", "is_superuser"])
    for group in groups:
        if group != "superuser":
            user.groups.add(Group.objects.get(name=group))
    return user


def sign_in(client: Client, user: User, *, mfa: bool = True) -> Client:
    """Signed in by e-mail code, and through the second factor unless mfa=False."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    records = [{"method": "code", "at": time.time(), "email": user.email}]
    if mfa:
        records.append(
            {"method": "mfa", "at": time.time(), "id": 0, "type": "totp", "reauthenticated": True}
        )
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
