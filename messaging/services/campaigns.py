"""A campaign before it runs: written, priced, launched or scheduled; and back to running."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.definition import read_definition
from audience.services.estimates import Estimate, estimate
from billing.entitlements import entitlements
from billing.services.usage import claim_recipients, recipients_used
from messaging import rules
from messaging.models import Campaign, CampaignChunk, Message, Template
from messaging.services.counters import reached_today
from messaging.services.delivery import lane_of, wake_workers
from messaging.services.first_batch import size_of_first_batch
from messaging.services.templates import render
from messaging.services.transitions import UNDER_WAY, move
from portal.base.ids import new_id
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Notice, Profile, User
from profiles.services.audit import record
from profiles.services.notices import notify

State = Campaign.State
REPEAT_WITHIN = timedelta(hours=48)
PEOPLE_A_SECOND = 20_000  # a careful guess of one machine's speed, for "takes about"


@dataclass(frozen=True)
class Plan:
    """What launching now would mean; shown before the button is pressed.

    Attributes:
        estimate: the published size of the audience.
        people: how many get it at most, after caps and quota: what the quota is charged.
        limit: what made it fewer: "own", "cap", "quota", or "" where nobody falls away.
        left: recipients left in the plan's month.
        first_batch: people of the first batch, about.
        seconds: about how long, without the hold.
        repeats: an earlier campaign with the same words to the same people, within 48 hours.
    """

    estimate: Estimate
    people: int
    limit: str
    left: int
    first_batch: int
    seconds: int
    repeats: Campaign | None


@transaction.atomic
def create_campaign(
    profile: Profile,
    *,
    by: User,
    name: str,
    template: Template | None = None,
    audience: dict | None = None,
    parameters: list[dict] | None = None,
    max_recipients: int | None = None,
    idempotency_key: str | None = None,
    now: datetime | None = None,
) -> Campaign:
    """Write a draft. Asked again with the same idempotency key, return the one that is there.

    Arguments:
        audience: a definition as audience.definition reads it; may come later.
        parameters: values for the template's variables, in Cloud-API shape.
        max_recipients: the business's own limit on people; None for all.
    """
    if idempotency_key and (
        found := Campaign.objects.filter(
            business=profile.business_id, idempotency_key=idempotency_key
        ).first()
    ):
        return found
    campaign = Campaign(
        business=profile.business,
        profile=profile,
        created_by=by,
        created_at=now or timezone.now(),
        idempotency_key=idempotency_key,
    )
    _fill(campaign, name, template, audience, parameters, max_recipients)
    campaign.save()
    record(campaign, "campaign.created", by=by)
    announce(f"business:{campaign.business_id}", "campaign", campaign.uuid)
    return campaign


@transaction.atomic
def update_campaign(
    campaign: Campaign,
    *,
    by: User,
    name: str,
    template: Template | None,
    audience: dict | None,
    parameters: list[dict] | None = None,
    max_recipients: int | None = None,
) -> Campaign:
    """Change a draft. Raises Refused once it is launched or scheduled."""
    campaign = _locked(campaign)
    _must_be(campaign, State.DRAFT)
    _fill(campaign, name, template, audience, parameters, max_recipients)
    campaign.save()
    record(campaign, "campaign.changed", by=by)
    return campaign


def plan_of(campaign: Campaign, *, now: datetime | None = None) -> Plan:
    """What launching the campaign now would mean.

    Raises Refused with the reason why it can't be launched at all.
    """
    now = now or timezone.now()
    template = _check_complete(campaign)
    rules.may_begin(campaign.profile, now=now)
    rules.check_template(
        campaign.profile,
        template,
        kind=Message.Kind.TEMPLATE,
        message_class=rules.class_of(template),
    )
    found = estimate(read_definition(campaign.audience))
    if not found.may_run:
        raise Refused(found.reason, code="audience_too_small")

    left = _quota_left(campaign, now)
    limits = {"own": campaign.max_recipients, "cap": _cap_left(campaign, now), "quota": left}
    people, limit = found.count.people, ""
    for name, most in limits.items():
        if most is not None and most < people:
            people, limit = most, name
    first, _chunks = size_of_first_batch(people, settings.BUCKETS)
    return Plan(
        estimate=found,
        people=people,
        limit=limit,
        left=left,
        first_batch=first,
        seconds=max(1, round(people / PEOPLE_A_SECOND)),
        repeats=_earlier(campaign, now),
    )


@transaction.atomic
def launch_campaign(
    campaign: Campaign,
    *,
    by: User,
    confirmed_repeat: bool = False,
    now: datetime | None = None,
) -> Campaign:
    """Freeze the campaign and let the workers send it.

    Definition, words, salt and size are fixed here; who gets it is decided chunk by chunk, by what
    people allow then.

    Arguments:
        confirmed_repeat: the sender knows that the same words went to the same people lately.

    Raises Refused: the sender or the template may not, the audience is too small, no quota or cap
    is left, or it is no draft any more.
    """
    now = now or timezone.now()
    Profile.objects.select_for_update(no_key=True).get(pk=campaign.profile_id)  # caps are shared
    campaign = _locked(campaign)
    _must_be(campaign, State.DRAFT, State.SCHEDULED)
    plan = plan_of(campaign, now=now)
    _check_room(plan)
    if plan.repeats and not confirmed_repeat:
        raise Refused(
            _(
                "“%(name)s” sent the same words to the same people less than 48 hours ago. "
                "Confirm to send again."
            )
            % {"name": plan.repeats.name},
            code="repeated",
        )
    claim_recipients(campaign.business, plan.people, now=now)

    _freeze(campaign, plan, by=by, now=now)
    order = list(range(settings.BUCKETS))
    Random(campaign.salt).shuffle(order)
    CampaignChunk.objects.bulk_create(
        [
            CampaignChunk(campaign=campaign, position=position, bucket=bucket)
            for position, bucket in enumerate(order)
        ]
    )

    record(campaign, "campaign.launched", by=by, people=plan.people, limit=plan.limit)
    announce(f"business:{campaign.business_id}", "campaign", campaign.uuid)
    wake_workers(lane_of(campaign))
    return campaign


@transaction.atomic
def schedule_campaign(
    campaign: Campaign, *, by: User, at: datetime, now: datetime | None = None
) -> Campaign:
    """Launch it at a moment to come; whether it may go is asked now, and again then."""
    now = now or timezone.now()
    if at <= now:
        raise Refused(_("Choose a time that is still to come."), code="past")
    campaign = _locked(campaign)
    _must_be(campaign, State.DRAFT, State.SCHEDULED)
    plan_of(campaign, now=now)
    campaign.state, campaign.scheduled_at, campaign.launched_by = State.SCHEDULED, at, by
    campaign.save(update_fields=["state", "scheduled_at", "launched_by"])
    record(campaign, "campaign.scheduled", by=by, at=at.isoformat())
    announce(f"business:{campaign.business_id}", "campaign", campaign.uuid)
    return campaign


def unschedule_campaign(campaign: Campaign, *, by: User) -> Campaign:
    """Make it a draft again, to be changed."""
    with transaction.atomic():
        move(campaign, State.DRAFT, leaving=[State.SCHEDULED], scheduled_at=None)
        record(campaign, "campaign.unscheduled", by=by)
    return campaign


@transaction.atomic
def resume_campaign(campaign: Campaign, *, by: User, now: datetime | None = None) -> Campaign:
    """Go on with a paused campaign. Raises Refused where the sender may not send now."""
    rules.may_begin(campaign.profile, now=now)
    move(campaign, State.RUNNING, leaving=[State.PAUSED], paused_because="")
    record(campaign, "campaign.resumed", by=by)
    wake_workers(lane_of(campaign))
    return campaign


@shared_task
def launch_scheduled() -> int:
    """Launch what is due. What may not go becomes a draft again, and its business is told why."""
    launched = 0
    due = Campaign.objects.filter(state=State.SCHEDULED, scheduled_at__lte=timezone.now())
    for campaign in due.select_related("profile__business", "business", "template"):
        try:
            launch_campaign(
                campaign, by=campaign.launched_by or campaign.created_by, confirmed_repeat=True
            )
            launched += 1
        except Refused as refusal:
            _put_back(campaign, refusal)
    return launched


def _put_back(campaign: Campaign, refusal: Refused) -> None:
    with transaction.atomic():
        moved = Campaign.objects.filter(pk=campaign.pk, state=State.SCHEDULED).update(
            state=State.DRAFT, scheduled_at=None
        )
        if not moved:
            return
        record(campaign, "campaign.not_launched", by=None, reason=refusal.sentence)
        notify(
            campaign.business,
            "campaign_not_launched",
            title=_("“%s” was not sent") % campaign.name,
            body=refusal.sentence,
            link=f"/w/{campaign.business.slug}/campaigns/{campaign.uuid}/",
            level=Notice.Level.WARN,
        )


def _fill(campaign, name, template, audience, parameters, max_recipients) -> None:
    if not name.strip():
        raise Refused(_("Give the campaign a name."), code="no_name")
    if max_recipients is not None and max_recipients < 1:
        raise Refused(_("At least one person must get it."), code="invalid")
    if template is not None and template.business_id != campaign.business_id:
        raise Refused(_("There is no such template."), code="template_not_approved")
    campaign.name = name.strip()[:120]
    campaign.template = template
    campaign.audience = read_definition(audience).as_json() if audience else {}
    campaign.content = {"parameters": parameters} if parameters else None
    campaign.max_recipients = max_recipients


def _freeze(campaign: Campaign, plan: Plan, *, by: User, now: datetime) -> None:
    template = campaign.template
    assert template is not None
    rendered = render(template, (campaign.content or {}).get("parameters"))
    campaign.state = State.RUNNING
    campaign.message_class = rules.class_of(template)
    campaign.template_version = template.version
    campaign.body, campaign.content = rendered.body, rendered.content
    campaign.message_id = new_id(now)
    campaign.salt = secrets.randbits(62)
    campaign.snapshot_id = plan.estimate.snapshot.pk
    campaign.estimate = plan.estimate.count.people
    campaign.charged = plan.people
    campaign.cap = plan.people if plan.limit else None
    campaign.first_batch, campaign.first_chunks = _first_batch(plan)
    campaign.fingerprint = _fingerprint(campaign)
    campaign.launched_at, campaign.launched_by = now, by
    campaign.save()


def _first_batch(plan: Plan) -> tuple[int, int]:
    """The first batch of the people that may get it, in buckets of the whole audience."""
    whole = plan.estimate.count.people
    wanted, _chunks = size_of_first_batch(plan.people, settings.BUCKETS)
    chunks = min(settings.BUCKETS, max(1, -(-wanted * settings.BUCKETS // max(1, whole))))
    return wanted, chunks


def _locked(campaign: Campaign) -> Campaign:
    return (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("profile__business", "business", "template")
        .get(pk=campaign.pk)
    )


def _must_be(campaign: Campaign, *states: str) -> None:
    if campaign.state not in states:
        raise Refused(
            _("“%(name)s” is %(state)s, so this can't be done.")
            % {"name": campaign.name, "state": campaign.get_state_display().lower()},
            code="wrong_state",
        )


def _check_complete(campaign: Campaign) -> Template:
    if campaign.template is None:
        raise Refused(_("Choose what to say: an approved template."), code="no_template")
    if not campaign.audience:
        raise Refused(_("Choose who gets it: an audience."), code="no_audience")
    if campaign.template.category != Template.Category.MARKETING:
        raise Refused(
            _(
                "What goes to an audience is an advert, so its template must be of the category "
                "“Advert”. Service updates and codes go to people you know."
            ),
            code="class_mismatch",
        )
    return campaign.template


def _check_room(plan: Plan) -> None:
    if plan.people > 0:
        return
    if plan.limit == "cap":
        raise Refused(
            _("This profile has reached its daily cap. It grows with quality; try again tomorrow."),
            code="cap_reached",
        )
    raise Refused(
        _("Your plan's recipients of this month are used up. Take a larger plan to send more."),
        code="quota_reached",
    )


def _quota_left(campaign: Campaign, now: datetime) -> int:
    rights = entitlements(campaign.business, now)
    return max(0, rights.recipients_a_month - recipients_used(campaign.business, now=now))


def _cap_left(campaign: Campaign, now: datetime) -> int | None:
    """What the daily cap leaves, after what was sent today and what is still under way."""
    cap = campaign.profile.daily_cap
    if cap is None:
        return None
    under_way = Campaign.objects.filter(profile=campaign.profile, state__in=UNDER_WAY)
    waiting = sum(
        (row.charged or 0)
        * row.chunks.filter(state=CampaignChunk.State.WAITING).count()
        // settings.BUCKETS
        for row in under_way
    )
    return max(0, cap - reached_today(campaign.profile, now=now) - waiting)


def _fingerprint(campaign: Campaign) -> str:
    """The same for the same words to the same people."""
    words = [campaign.profile_id, campaign.template_id, campaign.body, campaign.content]
    return hashlib.sha256(
        json.dumps([*words, campaign.audience], sort_keys=True).encode()
    ).hexdigest()


def _earlier(campaign: Campaign, now: datetime) -> Campaign | None:
    """A campaign of the last 48 hours with the same words to the same people."""
    assert campaign.template is not None
    rendered = render(campaign.template, (campaign.content or {}).get("parameters"))
    like_this = Campaign(
        profile_id=campaign.profile_id,
        template_id=campaign.template_id,
        body=rendered.body,
        content=rendered.content,
        audience=campaign.audience,
    )
    return (
        Campaign.objects.filter(
            profile=campaign.profile,
            fingerprint=_fingerprint(like_this),
            launched_at__gt=now - REPEAT_WITHIN,
            launched_at__lte=now,
        )
        .exclude(pk=campaign.pk)
        .order_by("-launched_at")
        .first()
    )
