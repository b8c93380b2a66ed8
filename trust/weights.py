"""How much one person's voice weighs: the same among those who complain and those who have seen."""

from math import log

LOWEST = 0.1
FULL_AFTER = 30  # days since joining
JUDGED = 100  # the last so many judged reports count


def reporter_weight(
    age: float, *, use: float = 1.0, agreed: int = 0, disagreed: int = 0, group: int = 1
) -> float:
    """Age of the account x use x judged history x the discount of its group, 0.1 to 1.

    Arguments:
        age: days since joining: 0.1 at 0, 1 from 30 on.
        use: share of recent weeks in which the account was used, 0 to 1.
        agreed, disagreed: how staff judged the person's last 100 reports.
        group: accounts made together (device, network, day): k of them weigh 1 + ln(1 + k) / 2.
    """
    by_age = min(1.0, LOWEST + (1 - LOWEST) * max(age, 0.0) / FULL_AFTER)
    history = (agreed + 2) / (agreed + disagreed + 2)
    return max(LOWEST, by_age * use * history * group_share(group))


def group_share(size: int) -> float:
    """What each of `size` accounts of one group weighs of a whole one."""
    return min(1.0, (1 + 0.5 * log(1 + size)) / size) if size > 1 else 1.0
