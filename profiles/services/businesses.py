"""A business begins with one owner."""

import secrets

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from profiles.models import Business, Membership, User
from profiles.names import plain_name
from profiles.services.audit import record
from profiles.services.changes import ask_for_change, needs_look

NOT_A_SLUG = ("new",)  # /w/new/ is the form


@transaction.atomic
def create_business(*, by: User, name: str, country: str, time_zone: str = "UTC") -> Business:
    """A new workspace with `by` as its owner.

    Arguments:
        country: ISO 3166-1 code of the seat, two letters.
        time_zone: IANA name, such as "America/Sao_Paulo".

    Raises Refused when the name could deceive.
    """
    business = _insert(plain_name(name), country, time_zone)
    Membership.objects.create(business=business, user=by, role=Membership.Role.OWNER)

    record(business, "business.created", by=by, name=business.name, country=country)
    return business


def _insert(name: str, country: str, time_zone: str) -> Business:
    """The row under a free address: "acme", else "acme-4f1c"."""
    slug = slugify(name)[:50] or "business"
    if slug in NOT_A_SLUG:
        slug = f"{slug}-business"
    for ending in ("", *(f"-{secrets.token_hex(2)}" for _ in range(5))):
        try:
            with transaction.atomic():
                return Business.objects.create(
                    name=name, slug=f"{slug}{ending}", country=country, time_zone=time_zone
                )
        except IntegrityError:
            continue
    return Business.objects.create(
        name=name, slug=f"{slug}-{secrets.token_hex(4)}", country=country, time_zone=time_zone
    )


@transaction.atomic
def change_business(business: Business, *, by: User, **fields: str) -> Business:
    """Change name, country or time zone. Returns the business as it is now.

    The name of a verified business waits for a look.
    """
    business = Business.objects.select_for_update().get(pk=business.pk)
    if "name" in fields:
        fields["name"] = plain_name(fields["name"])
    before = {field: getattr(business, field) for field in fields}
    changed = {field: value for field, value in fields.items() if before[field] != value}
    if "name" in changed and needs_look(business, "name", after=changed["name"]):
        after = changed.pop("name")
        ask_for_change(business, by=by, field="name", before=business.name, after=after)
    if not changed:
        return business

    for field, value in changed.items():
        setattr(business, field, value)
    business.save(update_fields=list(changed))

    record(
        business,
        "business.changed",
        by=by,
        before={field: before[field] for field in changed},
        after=changed,
    )
    return business
