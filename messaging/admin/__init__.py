from messaging.admin.campaigns import CampaignAdmin
from messaging.admin.templates import TemplateAdmin

__all__ = ["CampaignAdmin", "TemplateAdmin"]
