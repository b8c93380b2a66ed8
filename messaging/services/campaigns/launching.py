"""A campaign before it runs: written, priced, launched or scheduled; and back to running."""

import secrets
from datetime import datetime
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.definition import read_definition
from billing.services.usage import claim_recipients
from messaging import rules
from messaging.models import Campaign, CampaignChunk, Template
from messaging.services.campaigns.delivery import wake_workers
from messaging.services.campaigns.first_batch import size_of_first_batch
from messaging.services.campaigns.lanes import lane_of
from messaging.services.campaigns.plans import Plan, check_room, fingerprint_of, plan_of
from messaging.services.campaigns.transitions import move
from messaging.services.campaigns.turns import turn_of
from messaging.services.templates.filling import render
from portal.base.ids import new_id
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record

State = Campaign.State


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
    campaign = locked(campaign)
    must_be(campaign, State.DRAFT)
    _fill(campaign, name, template, audience, parameters, max_recipients)
    campaign.save()
    record(campaign, "campaign.changed", by=by)
    return campaign


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
    campaign = locked(campaign)
    must_be(campaign, State.DRAFT, State.SCHEDULED)
    plan = plan_of(campaign, now=now)
    check_room(plan)
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
def resume_campaign(campaign: Campaign, *, by: User, now: datetime | None = None) -> Campaign:
    """Go on with a paused campaign. Raises Refused where the sender may not send now."""
    rules.may_begin(campaign.profile, now=now)
    move(campaign, State.RUNNING, leaving=[State.PAUSED], paused_because="")
    record(campaign, "campaign.resumed", by=by)
    wake_workers(lane_of(campaign))
    return campaign


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
    campaign.turn = turn_of(campaign, snapshot=plan.estimate.snapshot)
    campaign.estimate = plan.estimate.count.people
    campaign.charged = plan.people
    campaign.cap = plan.people if plan.limit else None
    campaign.first_batch, campaign.first_chunks = _first_batch(plan)
    campaign.fingerprint = fingerprint_of(campaign)
    campaign.launched_at, campaign.launched_by = now, by
    campaign.save()


def _first_batch(plan: Plan) -> tuple[int, int]:
    """The first batch of the people that may get it, in buckets of the whole audience."""
    whole = plan.estimate.count.people
    wanted, _chunks = size_of_first_batch(plan.people, settings.BUCKETS)
    chunks = min(settings.BUCKETS, max(1, -(-wanted * settings.BUCKETS // max(1, whole))))
    return wanted, chunks


def locked(campaign: Campaign) -> Campaign:
    return (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("profile__business", "business", "template")
        .get(pk=campaign.pk)
    )


def must_be(campaign: Campaign, *states: str) -> None:
    if campaign.state not in states:
        raise Refused(
            _("“%(name)s” is %(state)s, so this can't be done.")
            % {"name": campaign.name, "state": campaign.get_state_display().lower()},
            code="wrong_state",
        )
