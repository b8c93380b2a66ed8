"""Which tables have rows per person, of all apps: what erasure, export and distribution go by."""

from django.apps import apps
from django.db import models

from audience.models import Person, PersonKey


def models_per_person() -> list[type[models.Model]]:
    """Person, then every model whose primary key begins with person_id; PersonKey is not one.

    A new table joins by its key alone: erasing, exporting and distributing then include it.
    """
    others = [model for model in apps.get_models() if _begins_with_person(model)]
    return [Person, *sorted(others, key=lambda model: model._meta.db_table)]


def _begins_with_person(model: type[models.Model]) -> bool:
    if model in (Person, PersonKey) or not model._meta.managed or model._meta.proxy:
        return False
    return model._meta.pk_fields[0].column == "person_id"
