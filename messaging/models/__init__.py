from messaging.models.apps import AccessToken, ApiCall, App
from messaging.models.campaigns import (
    Campaign,
    CampaignChunk,
    CampaignNoise,
    CampaignRetry,
    CounterDelta,
)
from messaging.models.conversations import Contact, Conversation
from messaging.models.desk import AutomaticReply, CannedReply, Note
from messaging.models.labels import Label
from messaging.models.linking import AccountLink, LinkRequest
from messaging.models.links import MessageLink
from messaging.models.media import Media
from messaging.models.messages import Message
from messaging.models.messengers import (
    GatewayMessage,
    Member,
    Messenger,
    MessengerEvent,
    MessengerKey,
)
from messaging.models.notices import AnswerNotice, PersonNotice
from messaging.models.push import PushSubscription
from messaging.models.requests import IdempotentAnswer
from messaging.models.sandbox import SandboxPerson
from messaging.models.saved_filters import SavedFilter
from messaging.models.sessions import PersonSession, SignInLink
from messaging.models.templates import Template
from messaging.models.webhooks import (
    WebhookAttempt,
    WebhookCall,
    WebhookEndpoint,
    WebhookEvent,
)

__all__ = [
    "AccessToken",
    "AccountLink",
    "AnswerNotice",
    "ApiCall",
    "App",
    "AutomaticReply",
    "Campaign",
    "CampaignChunk",
    "CampaignNoise",
    "CampaignRetry",
    "CannedReply",
    "Contact",
    "Conversation",
    "CounterDelta",
    "GatewayMessage",
    "IdempotentAnswer",
    "Label",
    "LinkRequest",
    "Media",
    "Member",
    "Message",
    "Note",
    "MessageLink",
    "Messenger",
    "MessengerEvent",
    "MessengerKey",
    "PersonNotice",
    "PersonSession",
    "SavedFilter",
    "PushSubscription",
    "SandboxPerson",
    "SignInLink",
    "Template",
    "WebhookAttempt",
    "WebhookCall",
    "WebhookEndpoint",
    "WebhookEvent",
]
