"""A site with one of everything for each operation, and what stands in each one's address."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from audience.definition import read_definition
from audience.models import SavedAudience
from audience.tests.people import make_person
from messaging.models import AccessToken, WebhookEndpoint, WebhookEvent
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.schedules import schedule_campaign
from messaging.services.campaigns.transitions import pause_campaign
from messaging.services.gateway.members import load_members
from messaging.services.gateway.messengers import add_messenger, create_key
from messaging.services.integrators.keys import create_app, create_token, rotate_secret
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, RAVI, Cast, make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from portal.base.pairwise import pairwise_number
from profiles.models import Invitation, Membership
from profiles.tests.people import member
from tests.fuzz.schemas import WORDS, management, platform
from trust.models import Decision, Policy

ALL = [scope.value for scope in AccessToken.Scope]
# Members of the messenger, one for each operation that asks for one: the erased comes last.
MEMBERS = ["p-1", "p-2", "p-3", "p-4"]
ASKED = ["people_look_up", "sessions_create", "exports_create", "erasures_create"]
DEFINITION = {"country": "BR"}
# Each has a person of its own: two workers ask in no order, and who is blocked gets no message.
TO_BLOCK = {"contacts_block_create": 9, "contacts_unblock_create": 10}


class Site:
    """The server, two keys of different businesses, and the schema with values that exist."""

    def __init__(self, processes, folder: Path) -> None:
        Cast.setUpTestData()
        self.business, self.profile, self.alice = Cast.acme, Cast.profile, Cast.alice
        self.folder = folder
        self.app = create_app(self.business, name="Fuzz", by=self.alice)
        self.key = create_token(self.app, name="all", by=self.alice, scopes=ALL)[1]
        theirs = create_app(Cast.elsewhere, name="Theirs", by=Cast.mallory)
        self.other_key = create_token(theirs, name="all", by=Cast.mallory, scopes=ALL)[1]
        self.processes = processes
        self.url = processes.start_web(
            API_CALLS_A_SECOND="1000000", WEBHOOK_ALLOW_LOOPBACK="1", API_LOG_AT_ONCE="0"
        )

    def schema(self, receiver_url: str) -> Path:
        """A file with the management API's schema."""
        path = self.folder / "management.json"
        made = management(self.values(receiver_url))
        path.write_text(json.dumps(made | {"servers": [{"url": self.url}]}, default=str))
        return path

    def platform_schema(self) -> Path:
        """A file with the platform API's schema: a messenger of four members and an import."""
        messenger = add_messenger("Papo", by=None)
        self.messenger_key = create_key(messenger, name="fuzz", by=None)[1]
        lines = "\n".join(
            json.dumps({"external_id": name, "country": "BR"}) for name in [*MEMBERS, "x" * 999]
        )
        loaded = load_members(messenger, io.BytesIO(lines.encode()).read)
        member = {name: {"body": {"person": of}} for name, of in zip(ASKED, MEMBERS, strict=True)}
        values: dict[str, dict[str, Any]] = member | {
            "*": {"import_id": loaded.run.pk},
            "events_create": {
                "body": {
                    "events": [
                        {
                            "id": "1",
                            "type": "message",
                            "person": MEMBERS[0],
                            "profile": self.profile.handle,
                            "text": "Hi",
                        }
                    ]
                }
            },
        }
        path = self.folder / "platform.json"
        path.write_text(json.dumps(platform(values), default=str))
        return path

    def values(self, receiver_url: str) -> dict[str, dict[str, Any]]:
        """By operationId: what stands in its address and body."""
        for person_id in (ANA, RAVI, *TO_BLOCK.values()):
            make_person(person_id)
            receive_message(person_id, self.profile, body="Hi", now=timezone.now())
        make_crowd(2_000, first=5_000_000)  # ids that nobody gets who is loaded
        count_people(now=timezone.now())
        allow_campaigns(self.profile, now=timezone.now())
        self.advert = make_template(self.business, "advert")
        number = pairwise_number(self.business.pk, ANA)
        now = datetime.now(UTC)
        span = {
            "since": (now - timedelta(days=1)).isoformat(),
            "until": (now + timedelta(days=1)).isoformat(),
        }
        values: dict[str, dict[str, Any]] = {
            "*": {"profile_id": self.profile.pk, "number": number, "event_id": self.event()},
            "audiences_update": {"body": {"name": "Brazil", "definition": DEFINITION}},
            "campaigns_create": {
                "body": {
                    "name": "Sale",
                    "profile_id": str(self.profile.pk),
                    "template_id": str(make_template(self.business, "sale").pk),
                    "audience": DEFINITION,
                }
            },
            "campaigns_partial_update": {"body": {"name": "Better"}},
            "campaigns_launch_create": {"body": {"again": True}},
            "campaigns_schedule_create": {"body": {"at": span["until"]}},
            "audiences_create": {"body": {"name": "All of Brazil", "definition": DEFINITION}},
            "estimates_create": {"body": DEFINITION},
            "contacts_partial_update": {"body": {"labels": ["vip"]}},
            "conversations_messages_create": {"body": {"text": "Hello"}},
            "conversations_assign_create": {"body": {"email": self.alice.email}},
            "invitations_create": {"body": {"email": "new@example.com", "role": "agent"}},
            "members_partial_update": {"id": self.member("a"), "body": {"role": "analyst"}},
            "members_retrieve": {"id": self.member("b")},
            "members_destroy": {"id": self.member("c")},
            "profiles_partial_update": {"body": {"about": "We sell"}},
            "templates_create": {
                "body": {
                    "name": "shipped",
                    "language": "en",
                    "category": "UTILITY",
                    "components": WORDS,
                }
            },
            "templates_partial_update": {"body": {"components": WORDS}},
            "templates_lint_create": {"body": {"category": "UTILITY", "components": WORDS}},
            "webhooks_create": {"body": {"url": receiver_url, "verify_token": "hush"}},
            "webhooks_replay_create": {"body": span},
            "decisions_appeal_create": {"body": {"text": "It was somebody else."}},
            "invitations_destroy": {"id": self.invitation()},
        }
        for name, person_id in TO_BLOCK.items():
            values[name] = {"number": pairwise_number(self.business.pk, person_id)}
        for name in ("profiles_retrieve", "profiles_partial_update", "quality_retrieve"):
            values.setdefault(name, {})["id"] = self.profile.pk
        for name in ("retrieve", "update", "destroy"):
            values.setdefault(f"audiences_{name}", {})["id"] = self.audience(name)
        for name in ("retrieve", "partial_update", "destroy"):
            template = make_template(self.business, f"for_{name}")
            values.setdefault(f"templates_{name}", {})["id"] = template.pk
        for name in (
            "retrieve", "partial_update", "cancel_create", "progress_retrieve", "launch_create",
            "plan_retrieve", "pause_create", "resume_create", "schedule_create",
            "unschedule_create", "retry_create",
        ):  # fmt: skip
            values.setdefault(f"campaigns_{name}", {})["id"] = self.campaign(name)
        for place, name in enumerate(
            ("retrieve", "destroy", "attempts_list", "enable_create", "events_replay_create",
             "replay_create", "test_create")
        ):  # fmt: skip
            values.setdefault(f"webhooks_{name}", {})["id"] = self.endpoint(receiver_url, place)
        for name in ("retrieve", "appeal_create", "statement_retrieve"):
            values.setdefault(f"decisions_{name}", {})["id"] = self.decision()
        rotate_secret(self.app, by=self.alice)
        return values

    def member(self, name: str) -> int:
        user = member(self.business, name=f"member{name}")
        return Membership.objects.get(business=self.business, user=user).pk

    def invitation(self) -> int:
        return Invitation.objects.create(
            business=self.business,
            email="eve@example.com",
            role="agent",
            invited_by=self.alice,
            expires_at=timezone.now() + timedelta(days=7),
        ).pk

    def audience(self, name: str) -> str:
        return str(
            SavedAudience.objects.create(
                business=self.business,
                name=name,
                definition=read_definition(DEFINITION).as_json(),
                created_by=self.alice,
            ).uuid
        )

    def campaign(self, name: str) -> str:
        """A campaign in the state in which this can be done to it."""
        row = draft(self.profile, self.alice, name=name, template=self.advert, now=None)
        if name in ("pause_create", "resume_create", "retry_create"):
            launch_campaign(row, by=self.alice, confirmed_repeat=True)
        if name == "resume_create":
            pause_campaign(row, by=self.alice)
        if name == "unschedule_create":
            schedule_campaign(row, by=self.alice, at=timezone.now() + timedelta(days=1))
        return str(row.uuid)

    def event(self) -> int:
        return WebhookEvent.objects.create(
            business=self.business, field="messages", facts={"value": {}}, body="{}"
        ).pk

    def endpoint(self, url: str, place: int) -> str:
        profile = type(self.profile).objects.create(
            business=self.business, handle=f"acme_{place}", name="Acme"
        )
        return str(
            WebhookEndpoint.objects.create(
                app=self.app, level="profile", profile=profile, url=url, verify_token="hush"
            ).uuid
        )

    def decision(self) -> str:
        return str(
            Decision.objects.create(
                profile=self.profile,
                from_standing="clear",
                to_standing="warned",
                rule="evidence",
                policy=Policy.objects.active(),
                evidence=5.0,
                statement={"dsa": {"decision": "warned"}},
            ).uuid
        )
