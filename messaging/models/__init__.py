from messaging.models.campaigns import Campaign, CampaignChunk, CounterDelta
from messaging.models.conversations import Contact, Conversation
from messaging.models.messages import Message
from messaging.models.templates import Template

__all__ = [
    "Campaign",
    "CampaignChunk",
    "Contact",
    "Conversation",
    "CounterDelta",
    "Message",
    "Template",
]
