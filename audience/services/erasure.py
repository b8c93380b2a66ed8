"""What a person may ask of the operator: everything there is about them, or that it goes."""

from collections.abc import Callable
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import hold_bucket
from audience.models import Person, PersonKey
from audience.per_person import models_per_person
from audience.signals import person_erased
from portal.base.refused import Refused


@transaction.atomic
def erase_person(person_id: int, *, now: datetime | None = None) -> int:
    """Delete every row about a person, in all apps, at once and for good.

    What was counted stays counted; a report they made keeps its snapshot, whose number now leads
    nowhere. Nothing reminds us of them: were they loaded again, they would come as a stranger.

    Returns:
        How many rows went.

    Raises:
        Refused: where there is no such person.
    """
    hold_bucket(person_id)
    if not Person.objects.filter(person_id=person_id).exists():
        raise Refused(_("There is no such person."), code="person_unknown")

    # First, since what others keep of the person is found by these rows.
    person_erased.send(Person, person_id=person_id, now=now or timezone.now())
    others = [model for model in models_per_person() if model is not Person]
    erased: int = sum(
        _delete(model._default_manager.filter(person_id=person_id)) for model in others
    )
    external_ids = Person.objects.filter(person_id=person_id).values_list("external_id", flat=True)
    erased += _delete(PersonKey.objects.filter(external_id__in=list(external_ids)))
    return erased + _delete(Person.objects.filter(person_id=person_id))


# What apps that know of this one keep about a person in tables that are not per person: each gives
# rows by table.
EXPORTERS: list[Callable[[int], dict[str, list[dict[str, object]]]]] = []


def export_person(person_id: int) -> dict[str, list[dict[str, object]]]:
    """Every row about a person, in all apps, by table: for the person who asks for it.

    Raises:
        Refused: where there is no such person.
    """
    exported = {
        model._meta.db_table: list(model._default_manager.filter(person_id=person_id).values())
        for model in models_per_person()
    }
    for export in EXPORTERS:
        exported |= export(person_id)
    if not exported[Person._meta.db_table]:
        raise Refused(_("There is no such person."), code="person_unknown")
    return {table: rows for table, rows in exported.items() if rows}


def person_id_of(external_id: str) -> int | None:
    """The person whom the messenger calls so."""
    return (
        PersonKey.objects.filter(external_id=external_id)
        .values_list("person_id", flat=True)
        .first()
    )


def _delete(rows: models.QuerySet) -> int:
    """Without looking for what hangs on them: nothing has a foreign key to a row per person."""
    return rows._raw_delete(rows.db) or 0
