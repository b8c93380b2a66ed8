"""The steps of a business's checklist that messages know about."""

from django.urls import reverse
from django.utils.translation import gettext as _

from messaging.models import Campaign, Template
from messaging.services.integrators.sandbox import SAMPLES
from profiles.checklist import Step, step
from profiles.models import Business


@step(order=15)
def try_it(business: Business) -> Step:
    """Done by who has sent a real campaign, too: a rehearsal after the play is none."""
    return Step(
        title=_("Write to test people"),
        hint=_("Five made-up people answer in a sandbox. Nobody real, nothing to pay. 1 minute."),
        url=reverse("sandbox", args=[business.slug]),
        done=business.profiles.filter(is_test=True).exists() or _has_sent(business),
    )


@step(order=40)
def write_a_template(business: Business) -> Step:
    return Step(
        title=_("Write what you want to say"),
        hint=_("A template: five to begin with, and clear cases are approved at once. 2 minutes."),
        url=reverse("templates", args=[business.slug]),
        done=Template.objects.filter(
            business=business, status=Template.Status.APPROVED, deleted_at=None
        )
        .exclude(name__in=[name for name, _category, _components in SAMPLES])
        .exists()
        or _has_sent(business),
    )


@step(order=50)
def send_a_campaign(business: Business) -> Step:
    return Step(
        title=_("Send a first campaign"),
        hint=_("Say whom it is for, see what it means, send. 2 minutes."),
        url=reverse("campaign_new", args=[business.slug]),
        done=_has_sent(business),
    )


def _has_sent(business: Business) -> bool:
    return Campaign.objects.filter(business=business, launched_at__isnull=False).exists()
