"""Which group of staff may do what with messages; see profiles.permissions."""

from profiles.permissions import LEAD, MODERATOR, SUPPORT

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "messaging.view_campaign": (MODERATOR, SUPPORT, LEAD),
    "messaging.stop_campaign": (MODERATOR, LEAD),
    "messaging.view_template": (MODERATOR, SUPPORT, LEAD),
    "messaging.decide_template": (MODERATOR, LEAD),
    "messaging.view_messenger": (SUPPORT, LEAD),
    "messaging.view_messengerkey": (SUPPORT, LEAD),
    "messaging.manage_messenger": (LEAD,),
}
