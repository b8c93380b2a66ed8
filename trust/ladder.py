"""The ladder: which standing the evidence asks for. Pure; the services act on what it says."""

from dataclasses import asdict, dataclass

from trust.rules import Rules

RUNGS = ("clear", "warned", "limited", "suspended", "revoked")


@dataclass(frozen=True)
class Facts:
    """All that a decision of the ladder rests on: stored with it, so that it can be replayed."""

    standing: str
    evidence: float
    reporters: int = 0  # people who complained in the last 28 days, unweighted
    clusters: int = 0  # groups (device, network, day of joining) they come from
    stops: int = 0  # campaigns stopped by rule 1 in the last 28 days
    outrage: float = 0.0  # the highest rate of a unit with enough reporters
    calm_days: float = 0.0  # days since E was last at or above the line where a limit ends
    revoked_before: bool = False  # staff have said yes to a revocation before
    silent_hours: float = 0.0  # hours suspended without an appeal
    by_staff: bool = False  # a person put it where it stands

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """The rung asked for, by which rule, and whether a person must say yes first."""

    to: str
    rule: str
    needs_staff: bool = False


def judge(facts: Facts, rules: Rules) -> Verdict:
    """Where the profile should stand now. The same standing, by rule "none", when nothing changes.

    Suspended and revoked profiles come back by appeal or staff only, never by themselves.
    """
    up = climb(facts, rules)
    if RUNGS.index(up.to) > RUNGS.index(facts.standing):
        return up
    if facts.standing in ("warned", "limited"):
        return descend(facts, rules)
    return Verdict(facts.standing, "none")


def rests(standing: str, evidence: float, outrage: float, rules: Rules) -> bool:
    """Whether a clear profile is below every rung, whatever the other facts are."""
    lowest = min(
        rules.warn_at,
        rules.limit_at,
        rules.limit_stops_at,
        rules.suspend_at,
        rules.suspend_stops_at,
    )
    return standing == "clear" and evidence < lowest and outrage < rules.outrage_rate


def climb(facts: Facts, rules: Rules) -> Verdict:
    """The highest rung whose conditions hold."""
    e, people = facts.evidence, facts.reporters
    if facts.standing == "suspended" and people >= rules.revoke_reporters:
        if e >= rules.revoke_at:
            return Verdict("revoked", "evidence", needs_staff=not facts.revoked_before)
        if facts.silent_hours >= rules.revoke_after:
            return Verdict("revoked", "no_appeal", needs_staff=not facts.revoked_before)
    if people >= rules.suspend_reporters and facts.clusters >= rules.suspend_clusters:
        if e >= rules.suspend_at:
            return Verdict("suspended", "evidence")
        if facts.stops >= rules.suspend_stops and e >= rules.suspend_stops_at:
            return Verdict("suspended", "stops")
        if facts.outrage >= rules.outrage_rate:
            return Verdict("suspended", "outrage")
    if people >= rules.limit_reporters:
        if e >= rules.limit_at:
            return Verdict("limited", "evidence")
        if facts.stops >= rules.limit_stops and e >= rules.limit_stops_at:
            return Verdict("limited", "stops")
    if people >= rules.warn_reporters and e >= rules.warn_at:
        return Verdict("warned", "evidence")
    return Verdict("clear", "none")


def descend(facts: Facts, rules: Rules) -> Verdict:
    """Down again, by evidence: a limit ends after clean days, a warning at once."""
    standing = facts.standing
    if standing == "limited":
        if facts.evidence >= rules.limit_back or facts.calm_days < rules.limit_days:
            return Verdict(standing, "none")
        standing = "warned"
    rests = facts.by_staff and facts.calm_days < rules.limit_days  # a person's warning is read
    if standing == "warned" and facts.evidence < rules.warn_back and not rests:
        standing = "clear"
    return Verdict(standing, "none" if standing == facts.standing else "calm")


def replay(facts: dict, values: dict) -> Verdict:
    """The verdict that stored inputs give under stored rules."""
    return judge(Facts(**facts), Rules.of(values))
