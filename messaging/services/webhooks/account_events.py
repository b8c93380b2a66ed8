"""What integrators hear of besides messages: templates, standing, and what people allow."""

from django.dispatch import receiver
from django.utils import timezone

from audience.models import Consent
from audience.signals import consent_changed
from messaging.models import Contact, Template
from messaging.services.webhooks.bodies import contact_entry, display_number, metadata
from messaging.services.webhooks.events import tell
from portal.base.pairwise import pairwise_number, user_id, wa_id
from profiles.models import Profile
from trust.signals import standing_changed

Standing = Profile.Standing


def tell_of_template(template: Template, *, reason: str = "") -> None:
    """A template was approved, sent back, paused or taken away."""
    event = "DELETED" if template.deleted_at else template.status
    value: dict = {
        "event": event,
        "message_template_id": template.pk,
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
        "reason": "INVALID_FORMAT" if event == Template.Status.REJECTED else "NONE",
    }
    if reason:
        value["other_info"] = {"title": event, "description": reason}
        value["rejection_info"] = {"reason": reason, "recommendation": ""}
    tell(template.business_id, field="message_template_status_update", facts={"value": value})


def tell_of_category(template: Template, *, previous: str) -> None:
    """A template is of another category than it was handed in as."""
    value = {
        "message_template_id": template.pk,
        "message_template_name": template.name,
        "message_template_language": template.language,
        "previous_category": previous,
        "new_category": template.category,
    }
    tell(template.business_id, field="template_category_update", facts={"value": value})


# What a new standing is called, and whether it is a ban or a restriction.
ACCOUNT_EVENTS = {
    Standing.LIMITED: ("ACCOUNT_RESTRICTION", "RESTRICTED_BIZ_INITIATED_MESSAGING"),
    Standing.SUSPENDED: ("DISABLED_UPDATE", "DISABLE"),
    Standing.REVOKED: ("DISABLED_UPDATE", "DISABLE"),
    Standing.CLEAR: ("DISABLED_UPDATE", "REINSTATE"),
}


@receiver(standing_changed)
def tell_of_standing(
    sender, *, profile: Profile, old: str, new: str, reason: str, **kwargs
) -> None:
    """A profile stands elsewhere now: the account's programs should know before they fail."""
    today = timezone.now().date().isoformat()
    if new in ACCOUNT_EVENTS and not (new == Standing.CLEAR and old == Standing.WARNED):
        event, state = ACCOUNT_EVENTS[Standing(new)]
        value: dict = {"event": event, "phone_number": display_number(profile.pk)}
        if event == "DISABLED_UPDATE":
            value["ban_info"] = {"waba_ban_state": state, "waba_ban_date": today}
        else:
            value["restriction_info"] = [{"restriction_type": state, "remediation": reason}]
        tell(profile.business_id, field="account_update", facts={"value": value})
    worse = list(Standing).index(Standing(new)) > list(Standing).index(Standing(old))
    value = {
        "display_phone_number": display_number(profile.pk),
        "event": "FLAGGED" if worse else "UNFLAGGED",
        "current_limit": "TIER_NOT_SET" if profile.daily_cap else "TIER_UNLIMITED",
    }
    tell(profile.business_id, field="phone_number_quality_update", facts={"value": value})


@receiver(consent_changed)
def tell_of_preference(sender, *, consent: Consent, is_news: bool, **kwargs) -> None:
    """A contact wants no adverts of this business any more, or wants them again."""
    if consent.kind != Consent.Kind.BUSINESS_MARKETING or not is_news:
        return
    person_id, business_id = consent.person_id, consent.scope_id
    contact = Contact.objects.filter(person_id=person_id, business_id=business_id).first()
    if contact is None:
        return
    number = pairwise_number(business_id, person_id)
    for profile in Profile.objects.filter(business_id=business_id, closed_at=None)[:25]:
        value = {
            "messaging_product": "whatsapp",
            "metadata": metadata(profile.pk),
            "contacts": [contact_entry(contact, number)],
            "user_preferences": [
                {
                    "wa_id": wa_id(number),
                    "user_id": user_id(number),
                    "category": "marketing_messages",
                    "value": "resume" if consent.granted else "stop",
                    "detail": "The person asked for it on their own pages",
                    "timestamp": int(consent.at.timestamp()),
                }
            ],
        }
        tell(
            business_id,
            field="user_preferences",
            profile_id=profile.pk,
            person_id=person_id,
            facts={"value": value},
            now=consent.at,
        )
