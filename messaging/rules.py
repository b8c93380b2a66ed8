"""Who may send what to whom, asked of the current state at the moment of use.

    may_send(profile, person_id=7, message_class="service", kind="text")    one message
    may_begin(profile)                                                      a campaign

Each no is a Refused with a sentence for the sender and a code:

    not_verified        the business is not verified (now)
    suspended, revoked  the profile lost its standing; people who wrote can be answered for 72 hours
    no_plan             the plan does not allow it (now)
    unknown_recipient   nobody the business knows; reads like `blocked`, so that neither is told
    blocked             the person blocked the profile; reads like undeliverable
    contact_blocked     the business blocked the person itself
    window_closed       more than 24 hours since the person last wrote: only a template may go
    template_not_approved, class_mismatch
    opted_out           no consent to this class of message
    advert_limit        no advert left this week, or a quiet hour (claimed by send_message)
    cap_reached         the profile's daily cap
    quota_reached       the plan's month (raised by billing)
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import share_bucket
from audience.models import bucket_of
from audience.topics import topics_of
from billing.entitlements import entitlements
from messaging.models import Message, Template
from messaging.services.counters import reached_today
from portal.base.prepared import run
from portal.base.refused import Refused
from portal.base.together import together
from profiles.models import Profile

WINDOW = timedelta(hours=24)  # a reply is free this long after the person's last message
LAST_REPLIES = timedelta(hours=72)  # what a profile may still answer after it lost its standing

Class = Message.Class
Kind = Message.Kind
Category = Template.Category

# The class that a template's category stands for.
CLASS_OF = {
    Category.MARKETING: Class.MARKETING,
    Category.UTILITY: Class.SERVICE,
    Category.AUTHENTICATION: Class.AUTHENTICATION,
}


@dataclass(frozen=True)
class Recipient:
    """What decides whether one profile may write to one person, read in one statement.

    Attributes:
        marketing: consents to adverts on the whole platform.
        is_contact: wrote, linked an account or opted in.
        contact_blocked: the business wants nothing from this person.
        blocks: the person wants nothing from this profile.
        adverts, alerts: the person's answer to this business; None is no answer.
        muted: they want no adverts of the profile's trade, from anybody.
        wrote_at: when the person last wrote to the profile.
        waiting_since: the person's first word that nobody answered.
        has_browsers: some of theirs are told of what comes.
    """

    marketing: bool
    is_contact: bool
    contact_blocked: bool
    blocks: bool
    adverts: bool | None
    alerts: bool | None
    muted: bool
    wrote_at: datetime | None
    waiting_since: datetime | None = None
    has_browsers: bool = True

    def window_open(self, now: datetime) -> bool:
        return self.wrote_at is not None and now - self.wrote_at < WINDOW


def may_send(
    profile: Profile,
    *,
    person_id: int,
    message_class: str,
    kind: str,
    template: Template | None = None,
    now: datetime | None = None,
    hold: bool = False,
) -> Recipient:
    """Raise Refused unless `profile` may send this message to this person now.

    Arguments:
        hold: share the person's bucket first. Who sends does, as the first statement of its
            transaction: what a person says no to then either is seen here or waits until the
            message is written.
    """
    now = now or timezone.now()
    recipient = recipient_of(profile, person_id, hold=hold)
    is_reply = recipient is not None and recipient.window_open(now)
    # A template is no reply: who lost its standing may only answer in its own words.
    wrote_at = recipient.wrote_at if recipient and kind != Kind.TEMPLATE else None

    check_sender(profile, is_reply=is_reply, wrote_at=wrote_at, now=now)
    recipient = check_reachable(recipient)
    check_template(profile, template, kind=kind, message_class=message_class)
    if not is_reply:
        check_outside_window(profile, recipient, kind=kind, message_class=message_class, now=now)
    return recipient


def may_begin(profile: Profile, *, now: datetime | None = None) -> None:
    """Raise Refused unless `profile` may write to people who did not write first."""
    check_sender(profile, is_reply=False, wrote_at=None, now=now or timezone.now())


def recipient_of(profile: Profile, person_id: int, *, hold: bool = False) -> Recipient | None:
    """What decides about this person, or None where nobody has this id."""
    of = {
        "business": profile.business_id,
        "profile": profile.pk,
        "person": person_id,
        "topics": [topic.value for topic in topics_of(profile.vertical)],
    }
    with together() if hold else nullcontext():
        if hold:  # a statement of its own: the next one's snapshot comes after the lock
            share_bucket(bucket_of(person_id))
        found = run(RECIPIENT, of)
    row = found.fetchone()
    return Recipient(*row) if row else None


RECIPIENT = """
    select p.marketing, c.person_id is not null, c.blocked_at is not null,
           b.person_id is not null, adverts.granted, alerts.granted,
           exists (select from audience_mutedtopic t
                    where t.person_id = %(person)s and t.topic = any(%(topics)s)),
           v.written_at, v.waiting_since,
           exists (select from messaging_pushsubscription s where s.person_id = %(person)s)
      from audience_person p
      left join messaging_contact c
        on c.person_id = p.person_id and c.business_id = %(business)s
      left join audience_block b
        on b.person_id = p.person_id and b.profile_id = %(profile)s
      left join messaging_conversation v
        on v.person_id = p.person_id and v.profile_id = %(profile)s
      left join audience_consent adverts
        on adverts.person_id = p.person_id and adverts.kind = 'business_marketing'
       and adverts.scope_id = %(business)s
      left join audience_consent alerts
        on alerts.person_id = p.person_id and alerts.kind = 'business_alerts'
       and alerts.scope_id = %(business)s
     where p.person_id = %(person)s
"""


def check_sender(
    profile: Profile, *, is_reply: bool, wrote_at: datetime | None, now: datetime
) -> None:
    """Raise Refused unless the profile may send at all: identity, standing, plan."""
    if profile.closed_at or profile.business.closed_at:
        raise Refused(_("This profile is closed."), code="closed")
    if profile.standing in Profile.BADGE_OFF and not _may_still_answer(profile, wrote_at, now):
        raise Refused(STANDING_LOST[Profile.Standing(profile.standing)](), code=profile.standing)
    if profile.is_test:
        return  # tries things out with its own test people; needs neither identity nor plan
    if not profile.business.is_verified(now):
        raise Refused(
            _("Your business is not verified. Finish the verification to send."),
            code="not_verified",
        )
    if not profile.business.is_paid(now):
        rights = entitlements(profile.business, now)
        if not (is_reply and rights.may_reply):
            raise Refused(rights.why_not or _needs_plan(), code="no_plan")


def _needs_plan() -> str:
    return _("Sending needs a plan. Choose one on the page Plan and billing.")


STANDING_LOST = {
    Profile.Standing.SUSPENDED: lambda: _(
        "This profile is suspended because too many people blocked or reported it. "
        "The page Quality says why and how to appeal."
    ),
    Profile.Standing.REVOKED: lambda: _(
        "This profile has lost its verification because too many people blocked or reported it. "
        "The page Quality says why and how to appeal."
    ),
}


def _may_still_answer(profile: Profile, wrote_at: datetime | None, now: datetime) -> bool:
    since = profile.standing_changed_at
    return wrote_at is not None and since is not None and now - since < LAST_REPLIES


def check_reachable(recipient: Recipient | None) -> Recipient:
    """Raise Refused unless the business knows the person, and the person has not blocked it."""
    unreachable = _("This person can't be reached.")
    if recipient is None or not recipient.is_contact:
        raise Refused(unreachable, code="unknown_recipient")
    if recipient.blocks:
        raise Refused(unreachable, code="blocked")
    if recipient.contact_blocked:
        raise Refused(_("You blocked this person. Unblock them to write."), code="contact_blocked")
    return recipient


def check_template(
    profile: Profile, template: Template | None, *, kind: str, message_class: str
) -> None:
    """Raise Refused unless the template may be used for this class now."""
    if kind != Kind.TEMPLATE:
        return
    if (
        template is None
        or template.business_id != profile.business_id
        or template.deleted_at
        or template.status != Template.Status.APPROVED
    ):
        raise Refused(
            _("This template is not approved. Choose one that is."), code="template_not_approved"
        )
    own = CLASS_OF[Category(template.category)]
    if message_class != own and (own, message_class) != (Class.SERVICE, Class.CRITICAL):
        raise Refused(
            _("A template for “%(category)s” can't be sent as “%(class)s”.")
            % {"category": template.get_category_display(), "class": Class(message_class).label},
            code="class_mismatch",
        )


def check_outside_window(
    profile: Profile, recipient: Recipient, *, kind: str, message_class: str, now: datetime
) -> None:
    """Raise Refused unless a message may go to a person who did not write within 24 hours."""
    if kind != Kind.TEMPLATE:
        raise Refused(
            _(
                "More than 24 hours have passed since this person last wrote. "
                "Only an approved template can be sent now."
            ),
            code="window_closed",
        )
    if not consents(recipient, message_class):
        raise Refused(
            _("This person does not want messages of this kind from you."), code="opted_out"
        )
    if message_class == Class.CRITICAL or profile.daily_cap is None:
        return
    if reached_today(profile, now=now) >= profile.daily_cap:
        raise Refused(
            _("This profile has reached its cap of %(cap)s people today. It grows with quality.")
            % {"cap": f"{profile.daily_cap:,}"},
            code="cap_reached",
        )


def consents(recipient: Recipient, message_class: str) -> bool:
    """Whether the person agreed to this class: no adverts without a yes, alerts until a no.

    The most restrictive answer wins (audience.md, "Consent and control").
    """
    if message_class == Class.MARKETING:
        return recipient.marketing and recipient.adverts is not False and not recipient.muted
    if message_class == Class.AUTHENTICATION:
        return True  # a code that the person just asked for
    return recipient.alerts is not False


def class_of(template: Template | None) -> str:
    """The class a message has where the sender names none."""
    return CLASS_OF[Category(template.category)] if template else Class.SERVICE
