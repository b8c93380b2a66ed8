"""Alarms that ask for no rate: they call a person, and decide nothing. Pure."""

from collections.abc import Sequence

from trust.rules import Rules

SURGE, BRIGADE = "surge", "brigade"


def alarm(groups: Sequence[tuple[int, float]], rules: Rules) -> str | None:
    """What the complaints of the last 24 hours look like, or None.

    A brigade: many people who weigh little, or most of them from one group. A surge: much weight
    from many groups.

    Arguments:
        groups: people and their weighted complaints, by group (device, network, day of joining).
    """
    people, x = sum(group[0] for group in groups), sum(group[1] for group in groups)
    if people <= 0:
        return None
    if people >= rules.brigade_reporters:
        largest = max(group[0] for group in groups)
        if x / people < rules.brigade_weight or largest / people > rules.brigade_share:
            return BRIGADE
    if x >= rules.alarm_weight and len(groups) >= rules.alarm_clusters:
        return SURGE
    return None
