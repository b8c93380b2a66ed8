"""Addresses of the management API; a slash at the end or none."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from messaging.v1.audiences import AudienceViewSet, EstimateViewSet
from messaging.v1.audit import AuditViewSet
from messaging.v1.billing import InvoiceViewSet, SubscriptionViewSet
from messaging.v1.campaigns import CampaignViewSet
from messaging.v1.contacts import ContactViewSet
from messaging.v1.conversations import ConversationViewSet
from messaging.v1.docs import docs, schema
from messaging.v1.lost import LostViewSet
from messaging.v1.members import InvitationViewSet, MemberViewSet
from messaging.v1.profiles import MeViewSet, ProfileViewSet
from messaging.v1.quality import DecisionViewSet, QualityViewSet
from messaging.v1.templates import TemplateViewSet
from messaging.v1.webhooks import EventViewSet, SecretViewSet, WebhookViewSet

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("profiles", ProfileViewSet, "v1-profiles")
router.register("members", MemberViewSet, "v1-members")
router.register("invitations", InvitationViewSet, "v1-invitations")
router.register("templates", TemplateViewSet, "v1-templates")
router.register("audiences", AudienceViewSet, "v1-audiences")
router.register("estimates", EstimateViewSet, "v1-estimates")
router.register("campaigns", CampaignViewSet, "v1-campaigns")
router.register("webhooks", WebhookViewSet, "v1-webhooks")
router.register("quality", QualityViewSet, "v1-quality")
router.register("decisions", DecisionViewSet, "v1-decisions")
router.register("invoices", InvoiceViewSet, "v1-invoices")
router.register("audit", AuditViewSet, "v1-audit")

TALK = r"conversations/(?P<profile_id>\d{15})"
ONE = rf"{TALK}/(?P<number>\d{{12}})"
CONTACT = r"contacts/(?P<number>\d{12})"


def at(route: str, view, name: str, **methods: str):
    """An address that answers these methods with these actions."""
    return re_path(rf"^{route}/?$", view.as_view(methods), name=f"v1-{name}")


urlpatterns = [
    path("api/docs/", docs, name="api_docs"),
    path("api/v1/openapi.json", schema, name="api_schema"),
    path(
        "api/v1/",
        include(
            [
                *router.urls,
                at("me", MeViewSet, "me", get="retrieve_me"),
                at("subscription", SubscriptionViewSet, "subscription", get="retrieve_one"),
                at("usage", SubscriptionViewSet, "usage", get="usage"),
                at("events", EventViewSet, "events", get="list"),
                at("secret/rotate", SecretViewSet, "secret-rotate", post="rotate"),
                at("secret/finish", SecretViewSet, "secret-finish", post="finish"),
                at(TALK, ConversationViewSet, "conversations", get="list"),
                at(ONE, ConversationViewSet, "conversation", get="retrieve"),
                at(f"{ONE}/messages", ConversationViewSet, "messages", get="messages", post="send"),
                at(f"{ONE}/assign", ConversationViewSet, "assign", post="assign"),
                at(f"{ONE}/resolve", ConversationViewSet, "resolve", post="resolve"),
                at(f"{ONE}/reopen", ConversationViewSet, "reopen", post="reopen"),
                at("contacts", ContactViewSet, "contacts", get="list"),
                at(CONTACT, ContactViewSet, "contact", get="retrieve", patch="partial_update"),
                at(f"{CONTACT}/block", ContactViewSet, "block", post="block"),
                at(f"{CONTACT}/unblock", ContactViewSet, "unblock", post="unblock"),
                re_path(
                    r"^.*$",
                    LostViewSet.as_view(
                        {
                            "get": "lost",
                            "post": "lost",
                            "put": "lost",
                            "patch": "lost",
                            "delete": "lost",
                        }
                    ),
                    name="v1-lost",
                ),
            ]
        ),
    ),
]
