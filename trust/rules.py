"""The numbers of the two published rules and of the ladder: policy, published in versions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def number(default: float, label: "StrPromise", *, low: float, high: float) -> Any:
    """A field of Rules with what the staff's form needs: words and the range that makes sense."""
    return field(default=default, metadata={"label": label, "low": low, "high": high})


@dataclass(frozen=True)
class Rules:
    """One version of the policy. Rates are shares (0.005 is 0.5 %), times are days or hours."""

    # What one event weighs, before the reporter's own weight.
    weight_no_longer: float = number(0.1, _("Block: no longer needed"), low=0, high=1)
    weight_block: float = number(0.6, _("Block"), low=0, high=1)
    weight_report: float = number(1.0, _("Report"), low=0, high=1)

    # The score that is shown: the mean of Beta(1 + x, 249 + n - x).
    score_days: float = number(28, _("Score: days looked back"), low=1, high=365)
    score_half_life: float = number(14, _("Score: half-life in days"), low=1, high=365)
    score_from: float = number(100, _("Score: people needed before it is shown"), low=1, high=1e6)
    green_below: float = number(0.005, _("Score: green below"), low=0, high=1)
    red_above: float = number(0.01, _("Score: red above"), low=0, high=1)

    # Rule 1, the campaign stop.
    stop_rate: float = number(0.015, _("Stop: rate no campaign may pass"), low=0, high=1)
    stop_certainty: float = number(0.95, _("Stop: how sure we must be"), low=0.5, high=1)
    stop_weight: float = number(5, _("Stop: weighted complaints, at least"), low=1, high=1e6)
    stop_reporters: float = number(5, _("Stop: people complaining, at least"), low=1, high=1e6)

    # Rule 2, the evidence against the badge.
    rho: float = number(0.02, _("Evidence: how much honest campaigns differ"), low=0, high=0.5)
    honest_rate: float = number(0.005, _("Evidence: the honest line"), low=1e-6, high=1)
    bad_rates: tuple[float, ...] = field(
        default=(0.02, 0.03, 0.05, 0.1, 0.2), metadata={"label": _("Evidence: what bad looks like")}
    )
    half_life: float = number(28, _("Evidence: half-life in days"), low=1, high=365)

    # The ladder: evidence and people needed for each rung, and for the way back.
    warn_at: float = number(4.6, _("Warn at evidence"), low=0, high=100)
    warn_reporters: float = number(5, _("Warn: people complaining, at least"), low=1, high=1e6)
    warn_back: float = number(2.3, _("Warning ends below"), low=0, high=100)
    limit_at: float = number(6.9, _("Limit at evidence"), low=0, high=100)
    limit_reporters: float = number(6, _("Limit: people complaining, at least"), low=1, high=1e6)
    limit_stops: float = number(2, _("Limit: campaigns stopped"), low=1, high=100)
    limit_stops_at: float = number(6.0, _("Limit by stops: evidence, at least"), low=0, high=100)
    limit_back: float = number(3.5, _("Limit ends below"), low=0, high=100)
    limit_days: float = number(7, _("Limit: clean days before it ends"), low=0, high=365)
    limit_hold: float = number(72, _("Limit: hours a campaign waits for staff"), low=0, high=720)
    suspend_at: float = number(18.4, _("Suspend at evidence"), low=0, high=100)
    suspend_reporters: float = number(8, _("Suspend: people complaining"), low=1, high=1e6)
    suspend_clusters: float = number(3, _("Suspend: groups they come from"), low=1, high=1e6)
    suspend_stops: float = number(3, _("Suspend: campaigns stopped"), low=1, high=100)
    suspend_stops_at: float = number(16.0, _("Suspend by stops: evidence"), low=0, high=100)
    outrage_rate: float = number(0.3, _("Suspend: rate of one unit"), low=0, high=1)
    outrage_reporters: float = number(50, _("Suspend: people in that unit"), low=1, high=1e6)
    revoke_at: float = number(23, _("Revoke at evidence"), low=0, high=100)
    revoke_reporters: float = number(12, _("Revoke: people complaining"), low=1, high=1e6)
    revoke_after: float = number(72, _("Revoke: hours without appeal"), low=1, high=8760)
    stops_days: float = number(28, _("Days in which stops count together"), low=1, high=365)
    linked_start: float = number(4.6, _("Evidence a linked profile starts with"), low=0, high=100)

    # The alarm that asks for no rate: something is going on, a person should look.
    alarm_weight: float = number(15, _("Alarm: weighted reports in 24 hours"), low=1, high=1e6)
    alarm_clusters: float = number(8, _("Alarm: groups they come from"), low=1, high=1e6)
    brigade_reporters: float = number(20, _("Brigade: people in 24 hours"), low=1, high=1e6)
    brigade_weight: float = number(0.3, _("Brigade: mean weight below"), low=0, high=1)
    brigade_share: float = number(0.5, _("Brigade: share of one group above"), low=0, high=1)

    # People with a say in it.
    large_sender: float = number(
        100_000, _("Second approver above people a month"), low=1, high=1e12
    )
    appeal_hours: float = number(72, _("Hours to decide an appeal"), low=1, high=8760)
    appeal_days: float = number(183, _("Days in which one may appeal"), low=1, high=3650)
    second_look: float = number(0.02, _("Share of decisions looked at twice"), low=0, high=1)

    def values(self) -> dict:
        """As stored in a policy: plain JSON values."""
        return {**asdict(self), "bad_rates": list(self.bad_rates)}

    @classmethod
    def of(cls, values: Mapping) -> "Rules":
        """The rules that a policy's stored values spell."""
        known = {f.name for f in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        if "bad_rates" in kept:
            kept["bad_rates"] = tuple(kept["bad_rates"])
        return cls(**kept)
