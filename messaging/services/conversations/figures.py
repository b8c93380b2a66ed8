"""The figures of a business's home page: its last 28 days, as far as it may know them.

Single messages are counted exactly. A campaign's counts carry their noise (campaign_numbers), are
left out while they are hidden, and stand on the day of its launch: a curve by day would tell more.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Campaign, CounterDelta
from messaging.services.campaigns.numbers import METRICS, shown_counts_of
from messaging.services.conversations.response_times import METRICS as ANSWERED
from portal.base.charts import Series
from profiles.models import Business, Profile

DAYS = 28
MOST_CAMPAIGNS = 60  # of the window, for the sums
RECENT = 5


@dataclass(frozen=True)
class CampaignLine:
    """One line of the recent campaigns."""

    campaign: Campaign
    counts: dict[str, int | None]


@dataclass(frozen=True)
class Shown:
    """A sum as a page shows it; few: how many they are is not told."""

    text: str
    is_few: bool = False


@dataclass(frozen=True)
class Figures:
    """Sums of the window by metric, and each day's, oldest first.

    left_out: what the hidden counts of campaigns, which no sum contains, stay below together.
    """

    days: list[date]
    by_day: dict[str, list[int]]
    recent: list[CampaignLine]
    left_out: dict[str, int]

    def total(self, metric: str) -> int:
        return sum(self.by_day[metric])

    def shown(self, metric: str) -> "Shown":
        """The sum for a page: nobody is told 0 where a few were left out."""
        total, left_out = self.total(metric), self.left_out.get(metric, 0)
        if left_out and not total:
            return Shown(_("under %(n)s") % {"n": intcomma(left_out)}, is_few=True)
        return Shown(intcomma(total))

    @property
    def sent(self) -> int:
        return self.total("sent")

    @property
    def received(self) -> int:
        return self.total("received")

    @property
    def blocked(self) -> int:
        return self.total("blocked")

    @property
    def blocked_shown(self) -> "Shown":
        return self.shown("blocked")

    @property
    def read_share(self) -> int | None:
        """Per cent of what was sent that was read; None where nothing was, or too few to show."""
        read = self.total("read")
        return round(100 * read / self.sent) if self.sent and read else None


def figures_of(
    business: Business,
    *,
    days: int = DAYS,
    profile: Profile | None = None,
    now: datetime | None = None,
) -> Figures:
    """The business's last `days` days, today included (UTC), of one profile or of all real ones."""
    today = (now or timezone.now()).astimezone(UTC).date()
    window = [today - timedelta(days=n) for n in range(days - 1, -1, -1)]
    tally: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    rows = CounterDelta.objects.filter(
        business_id=business.pk, campaign_id__isnull=True, day__gte=window[0]
    )
    campaigns = business.campaigns.filter(launched_at__date__gte=window[0])
    if profile:
        rows, campaigns = rows.filter(profile_id=profile.pk), campaigns.filter(profile=profile)
    else:
        tests = business.profiles.filter(is_test=True).values_list("pk", flat=True)
        rows = rows.exclude(profile_id__in=list(tests))  # what test people do is no figure
    for metric, day, n in rows.values_list("metric", "day").annotate(n=Sum("n")):
        tally[metric][day] += n

    launched = list(campaigns.order_by("-launched_at")[:MOST_CAMPAIGNS])
    counts = shown_counts_of(launched)
    lines = [CampaignLine(each, counts[each.pk]) for each in launched]
    left_out: dict[str, int] = defaultdict(int)
    for line in lines:
        assert line.campaign.launched_at is not None
        for metric, shown in line.counts.items():
            tally[metric][line.campaign.launched_at.astimezone(UTC).date()] += shown or 0
            left_out[metric] += line.campaign.hidden_below if shown is None else 0
    by_day = {
        metric: [tally[metric][day] for day in window]
        for metric in (*METRICS, "received", *ANSWERED)
    }
    return Figures(window, by_day, lines[:RECENT], left_out)


def chart_of(figures: Figures, *, sent: str, received: str) -> list[Series]:
    """Sent and received by day, named as given, for the bar chart."""
    return [(sent, figures.by_day["sent"]), (received, figures.by_day["received"])]
