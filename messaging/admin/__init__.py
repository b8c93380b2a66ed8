from messaging.admin.campaigns import CampaignAdmin
from messaging.admin.messengers import MessengerAdmin, MessengerKeyAdmin
from messaging.admin.templates import TemplateAdmin

__all__ = ["CampaignAdmin", "MessengerAdmin", "MessengerKeyAdmin", "TemplateAdmin"]
