"""The way from sign-up to the first campaign, as steps on the business's home page.

Each app adds the steps it knows about, when it is ready:

    @step(order=30)
    def choose_a_plan(business: Business) -> Step: ...
"""

from collections.abc import Callable
from dataclasses import dataclass

from profiles.models import Business


@dataclass(frozen=True)
class Step:
    """One thing to do: what, how long it takes or what is next, where, and whether it is done."""

    title: str
    hint: str
    url: str
    done: bool
    waiting: bool = False  # somebody else must act now


STEPS: dict[int, Callable[[Business], Step]] = {}


def step(*, order: int) -> Callable:
    """Register a step; its place is by `order`, which is unique."""

    def register(function: Callable[[Business], Step]) -> Callable[[Business], Step]:
        STEPS[order] = function
        return function

    return register


def checklist(business: Business) -> list[Step]:
    """All steps for the business, in order."""
    return [STEPS[order](business) for order in sorted(STEPS)]
