"""Profiles: what people see of a business."""

import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.pictures import redraw
from portal.base.refused import Refused
from profiles import signals
from profiles.logos import logo_hash
from profiles.models import Business, Profile, User
from profiles.names import plain_name
from profiles.services.audit import record
from profiles.services.changes import ask_for_change, needs_look
from profiles.services.look_alikes import look_again

LOGO_BYTES = 5 * 1024 * 1024
LOGO_SIDE = 320  # pixels
LOGO_KINDS = ("png", "jpeg", "webp")
# Words that would make a handle look like the operator's own.
RESERVED = frozenset(
    (
        "account", "admin", "api", "help", "login", "logout", "official", "operator", "registry",
        "security", "signet", "staff", "status", "support", "system", "verified", "verification",
    )
)  # fmt: skip
# What a business may change by itself; standing, quality and caps are not its own.
EDITABLE = ("name", "about", "description", "vertical", "email", "website", "address")


@transaction.atomic
def create_profile(
    business: Business, *, by: User | None, handle: str, name: str, is_test: bool = False, **fields
) -> Profile:
    """A new profile of the business.

    Arguments:
        handle: 3 to 30 small letters, digits or _; unique among all profiles, for ever.
        name: the name that people see; may not deceive (profiles.names).
        fields: any of EDITABLE.

    Raises Refused when the handle is taken, reserved or malformed, or the name could deceive.
    """
    handle = handle.strip().removeprefix("@").lower()
    if handle in RESERVED:
        raise Refused(_("The handle @%(handle)s is kept back.") % {"handle": handle}, code="handle")
    signals.profile_requested.send(Profile, business=business, is_test=is_test)

    profile = Profile(
        business=business, handle=handle, name=plain_name(name), is_test=is_test, **fields
    )
    _guard_handle(profile)
    try:
        with transaction.atomic():
            profile.save(force_insert=True)
    except IntegrityError:
        raise Refused(
            _("The handle @%(handle)s is taken.") % {"handle": handle}, code="handle_taken"
        ) from None

    look_again(business, now=timezone.now())
    record(profile, "profile.created", by=by, handle=handle, name=profile.name)
    return profile


@transaction.atomic
def change_profile(profile: Profile, *, by: User | None, **fields: str) -> Profile:
    """Change what people see; `fields` is any of EDITABLE. Returns the profile as it is now.

    The name and the website of a verified business wait for a look (`changes.waiting_change`);
    the rest shows at once. Raises Refused when the name could deceive.
    """
    profile = _locked(profile)
    if "name" in fields:
        fields["name"] = plain_name(fields["name"])
    before = {field: getattr(profile, field) for field in fields if field in EDITABLE}
    changed = {field: fields[field] for field, value in before.items() if value != fields[field]}
    for field in [field for field in changed if _waits(profile, field, changed[field])]:
        ask_for_change(
            profile.business,
            by=by,
            profile=profile,
            field=field,
            before=before[field],
            after=changed.pop(field),
        )
    if not changed:
        return profile

    for field, value in changed.items():
        setattr(profile, field, value)
    profile.save(update_fields=list(changed))
    if "name" in changed:
        look_again(profile.business, now=timezone.now())

    record(
        profile,
        "profile.changed",
        by=by,
        before={field: before[field] for field in changed},
        after=changed,
    )
    announce(f"profile:{profile.pk}", "profile")
    return profile


def change_logo(profile: Profile, *, by: User | None, data: bytes) -> Profile:
    """Redraw the picture as a square logo and show it from now on; a verified business's new logo
    waits for a look first.

    Arguments:
        data: a PNG, JPEG or WebP file of at most LOGO_BYTES.

    Raises Refused when it is too large or no such picture.
    """
    if len(data) > LOGO_BYTES:
        raise Refused(
            _("The logo is %(size).1f MB; at most 5 MB are taken.") % {"size": len(data) / 2**20},
            code="file_too_large",
        )
    (picture,) = redraw(data, kinds=LOGO_KINDS, form="webp", max_side=1024, square=LOGO_SIDE)
    name = default_storage.save(f"logos/{secrets.token_hex(16)}.webp", ContentFile(picture))
    return _show_logo(profile, by=by, name=name, mark=logo_hash(picture))


@transaction.atomic
def _show_logo(profile: Profile, *, by: User | None, name: str, mark: str) -> Profile:
    profile = _locked(profile)
    old = profile.logo.name or ""
    if _waits(profile, "logo", name):
        ask_for_change(
            profile.business,
            by=by,
            profile=profile,
            field="logo",
            before=old,
            after=name,
            logo_hash=mark,
        )
        return profile

    profile.logo, profile.logo_hash = name, mark
    profile.save(update_fields=["logo", "logo_hash"])
    if old:
        transaction.on_commit(lambda: default_storage.delete(old), robust=True)

    look_again(profile.business, now=timezone.now())
    record(profile, "profile.logo_changed", by=by, logo=name)
    announce(f"profile:{profile.pk}", "profile")
    return profile


@transaction.atomic
def close_profile(profile: Profile, *, by: User | None) -> Profile:
    """Nobody can reach it any more; its handle is never given to anyone else. Not for test ones."""
    profile = Profile.objects.select_for_update().get(pk=profile.pk)
    if profile.closed_at:
        return profile

    profile.closed_at = timezone.now()
    profile.save(update_fields=["closed_at"])

    record(profile, "profile.closed", by=by)
    announce(f"profile:{profile.pk}", "profile")
    return profile


def _locked(profile: Profile) -> Profile:
    rows = Profile.objects.select_for_update(of=("self",)).select_related("business")
    return rows.get(pk=profile.pk)


def _waits(profile: Profile, field: str, after: str) -> bool:
    return not profile.is_test and needs_look(profile.business, field, after=after)


def _guard_handle(profile: Profile) -> None:
    for validator in Profile._meta.get_field("handle").validators:
        try:
            validator(profile.handle)
        except Exception as error:  # ValidationError's message is for forms; ours is for anyone
            raise Refused(
                _("A handle has 3 to 30 small letters, digits or _, beginning with a letter."),
                code="handle",
            ) from error
