"""`fields=health_status`: whether messages can be sent, and what stands in the way."""

from datetime import datetime

from messaging import rules
from messaging.api.errors import graph_error
from messaging.models import App
from portal.base.refused import Refused
from profiles.models import Business, Profile

AVAILABLE, LIMITED, BLOCKED = "AVAILABLE", "LIMITED", "BLOCKED"
BY_WORTH = (AVAILABLE, LIMITED, BLOCKED)


def health_of(business: Business, profiles: list[Profile], app: App, now: datetime) -> dict:
    """The health of each part that a message passes, and of the worst.

    Where only answers go out, a profile is LIMITED.
    """
    entities = [_profile(profile, now) for profile in profiles]
    entities += [
        {"entity_type": kind, "id": str(pk), "can_send_message": AVAILABLE}
        for kind, pk in (("WABA", business.pk), ("BUSINESS", business.pk), ("APP", app.pk))
    ]
    worst = max((each["can_send_message"] for each in entities), key=BY_WORTH.index)
    return {"can_send_message": worst, "entities": entities}


def _profile(profile: Profile, now: datetime) -> dict:
    about: dict = {"entity_type": "PHONE_NUMBER", "id": str(profile.pk)}
    try:
        rules.may_begin(profile, now=now)
    except Refused as refusal:
        error = graph_error(refusal)
        return about | {
            "can_send_message": LIMITED if _may_answer(profile, now) else BLOCKED,
            "errors": [
                {
                    "error_code": error.code,
                    "error_description": error.message,
                    "possible_solution": refusal.sentence,
                }
            ],
        }
    return about | {"can_send_message": AVAILABLE}


def _may_answer(profile: Profile, now: datetime) -> bool:
    try:
        rules.check_sender(profile, is_reply=True, wrote_at=now, now=now)
    except Refused:
        return False
    return True
