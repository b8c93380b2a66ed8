"""Who calls and what they mean, in one statement: token, app, business and the profile named."""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from messaging.models import AccessToken, App
from messaging.services.integrators.keys import digest_of
from portal.base.prepared import run
from profiles.models import Business, Profile

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Known:
    """What one statement says of a caller.

    Attributes:
        token: usable or not, with its app and business.
        profile: the one with the id asked for, if it is the business's own and open.
        test_people: of a test profile, the ids of those whom it may reach.
    """

    token: AccessToken
    profile: Profile | None
    test_people: frozenset[int]


def look_up(raw: str, *, profile_id: int | None = None) -> Known | None:
    """The row of a token as a client wrote it, and the profile it is to be used on."""
    if (digest := digest_of(raw)) is None:
        return None
    row = run(_statement(), [profile_id, digest]).fetchone()
    if row is None:
        return None
    token, row = _made(AccessToken, row)
    app, row = _made(App, row)
    business, row = _made(Business, row)
    token.app, app.business = app, business
    profile = None
    if row[0] is not None:
        profile, row = _made(Profile, row)
        profile.business = business
    return Known(token, profile, frozenset(row[-1] or ()))


MODELS: tuple[type[models.Model], ...] = (AccessToken, App, Business, Profile)


@cache
def _statement() -> str:
    columns = ", ".join(
        f'{model._meta.db_table}."{field.column}"'
        for model in MODELS
        for field in model._meta.concrete_fields
    )
    return f"""
        select {columns},
               case when profiles_profile.is_test then array(
                 select p.person_id from messaging_sandboxperson p
                  where p.profile_id = profiles_profile.id) end
          from messaging_accesstoken
          join messaging_app on messaging_app.id = messaging_accesstoken.app_id
          join profiles_business on profiles_business.id = messaging_app.business_id
          left join profiles_profile
            on profiles_profile.id = %s and profiles_profile.closed_at is null
           and profiles_profile.business_id = profiles_business.id
         where messaging_accesstoken.sha256 = %s
    """


@cache
def _fields(model: type[models.Model]) -> tuple[list[str], list[tuple[int, Any]]]:
    """The names of a model's fields, and what reads those that come as something else."""
    fields = model._meta.concrete_fields
    readers = [(n, f.from_db_value) for n, f in enumerate(fields) if hasattr(f, "from_db_value")]
    return [field.attname for field in fields], readers


def _made(model: type[M], row: tuple) -> tuple[M, tuple]:
    """An instance made of the row's first columns, and the rest of the row."""
    names, readers = _fields(model)
    values = list(row[: len(names)])
    for n, read in readers:
        values[n] = read(values[n], None, connection)
    return model.from_db(connection.alias, names, values), row[len(names) :]
