"""What campaigns of sensitive categories may not choose people by, from the first migration on."""

from audience.models import Category, Filter, FilterRule


def add_missing_rules(using: str = "default", **kwargs: object) -> None:
    """Forbid every filter in every sensitive category where nothing is said yet.

    Runs after each migrate, so that a rule that got lost is back; what staff allowed stays allowed.
    """
    FilterRule.objects.using(using).bulk_create(
        (
            FilterRule(category=category, filter=filter_, allowed=False)
            for category in Category
            if category != Category.GENERAL
            for filter_ in Filter
        ),
        ignore_conflicts=True,
    )
