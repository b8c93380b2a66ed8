"""Acme with one of each thing, everybody who may knock, and a word that nobody else may read."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from audience.definition import read_definition
from audience.models import SavedAudience
from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import AccessToken, ApiCall, Campaign, WebhookEndpoint, WebhookEvent
from messaging.services.campaigns.launching import create_campaign
from messaging.services.integrators.keys import create_app, create_token, revoke_token
from messaging.services.integrators.sandbox import open_sandbox
from messaging.services.messages import receive_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA, make_template
from portal.base.ids import new_id
from portal.base.pairwise import pairwise_number
from profiles.models import Business, Membership, Notice, Profile, User
from profiles.permissions import GROUPS
from profiles.tests.people import make_profile, member, pay, person, sign_in, staff

CANARY = "Canary7f3a"
Role = Membership.Role
ALL = [scope.value for scope in AccessToken.Scope]


class World:
    """Two businesses alike, in all but their owners."""

    def __init__(self) -> None:
        self.alice, self.mallory = person("alice"), person("mallory")
        make_person(ANA)
        self.acme = Objects("acme", self.alice)
        self.elsewhere = Objects("elsewhere", self.mallory)
        self.removed = person("removed")
        Membership.objects.create(
            business=self.acme.business,
            user=self.removed,
            role=Role.OWNER,
            removed_at=timezone.now(),
        )
        self.members = {Role.OWNER: self.alice} | {
            role: member(self.acme.business, role) for role in Role if role != Role.OWNER
        }
        self.strangers = {
            "owner of another": self.mallory,
            "removed member": self.removed,
            **{f"staff: {group}": staff(group, name=f"s_{group}") for group in GROUPS},
            "superuser": staff("superuser"),
        }

    def client(self, user: User | None) -> Client:
        """A browser of theirs, through the second factor."""
        client = Client(raise_request_exception=False)
        return sign_in(client, user) if user else client

    def person(self) -> Client:
        """The browser of Ana, an end user."""
        client = Client(raise_request_exception=False)
        client.cookies[COOKIE] = open_session(ANA)
        return client


class Objects:
    """One business with one of each thing that an address can name."""

    def __init__(self, slug: str, owner: User) -> None:
        soon = timezone.now() + timedelta(days=30)
        self.business = Business.objects.create(
            name=slug.title(), slug=slug, country="BR", verified_until=soon
        )
        Membership.objects.create(business=self.business, user=owner, role=Role.OWNER)
        pay(self.business)
        self.profile: Profile = make_profile(self.business, slug)
        receive_message(ANA, self.profile, body=f"{CANARY} {slug}")
        self.number = pairwise_number(self.business.pk, ANA)
        self.template = make_template(self.business, f"{CANARY.lower()}_{slug}")
        self.campaign: Campaign = create_campaign(self.profile, by=owner, name=f"{CANARY} {slug}")
        self.audience = SavedAudience.objects.create(
            business=self.business,
            name=f"{CANARY} {slug}",
            definition=read_definition({"country": "BR"}).as_json(),
            created_by=owner,
        )
        self.app = create_app(self.business, name=f"{CANARY} {slug}", by=owner)
        self.token, self.key = create_token(self.app, name="all", by=owner, scopes=ALL)
        revoked, self.revoked_key = create_token(self.app, name="old", by=owner, scopes=ALL)
        revoke_token(revoked, by=owner)
        self.endpoint = WebhookEndpoint.objects.create(
            app=self.app, url=f"https://{slug}.example/{CANARY}", verify_token="x"
        )
        self.event = WebhookEvent.objects.create(
            business=self.business, field="messages", facts={"value": {}}, body="{}"
        )
        self.api_call = ApiCall.objects.create(
            business=self.business,
            method="GET",
            path=f"/{CANARY}/{slug}",
            status=200,
            milliseconds=1,
            trace="t",
        )
        self.notice = Notice.objects.create(
            business=self.business, kind="test", title=f"{CANARY} {slug}"
        )
        open_sandbox(self.business, by=owner)
        self.membership = self.business.memberships.get()

    def values(self, route) -> dict[str, object]:
        """What stands in this route's address for this business."""
        values: dict[str, object] = {
            "slug": self.business.slug,
            "handle": self.profile.handle,
            "number": self.number,
            "app_id": self.app.pk,
            "profile_id": self.profile.pk,
            "event_id": self.event.pk,
            "node": self.profile.pk,
            "message_id": new_id(),
        }
        for part, things in self.named().items():
            if part in route.pattern:
                values |= things
        return values

    def named(self) -> dict[str, dict[str, object]]:
        """By a part of the address: what its uuid, pk or id means there."""
        return {
            "campaigns/": {"uuid": self.campaign.uuid, "id": self.campaign.uuid},
            "audiences/": {"uuid": self.audience.uuid, "id": self.audience.uuid},
            "webhooks/": {"uuid": self.endpoint.uuid, "id": self.endpoint.uuid},
            "templates/": {"pk": self.template.pk},
            "profiles/": {"pk": self.profile.pk},
            "quality/(": {"pk": self.profile.pk},
            "members/": {"pk": self.membership.pk},
            "team/": {"pk": self.membership.pk},
            "tokens/": {"pk": self.token.pk},
            "logs/": {"pk": self.api_call.pk},
            "notifications/": {"uuid": self.notice.uuid},
        }
