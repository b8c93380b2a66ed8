"""Audiences that a business gives a name."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.definition import AudienceDefinition
from audience.models import SavedAudience
from audience.services.estimates import estimate
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record


@transaction.atomic
def save_audience(
    business: Business, *, name: str, definition: AudienceDefinition, by: User
) -> SavedAudience:
    """Keep a definition under a name, to use again.

    Raises:
        Refused: where it reaches too few people, or the name is taken or empty.
    """
    _refuse_unusable(name, definition)

    audience = _write(
        SavedAudience(business=business, created_by=by), name=name, definition=definition
    )

    record(audience, "audience.saved", by=by, definition=audience.definition)
    return audience


@transaction.atomic
def change_audience(
    audience: SavedAudience, *, name: str, definition: AudienceDefinition, by: User
) -> SavedAudience:
    """Another definition or name from now on; campaigns that were launched keep theirs.

    Raises:
        Refused: as `save_audience`.
    """
    audience = SavedAudience.objects.select_for_update().get(pk=audience.pk)
    _refuse_unusable(name, definition)
    before = audience.definition

    audience.changed_at = timezone.now()
    audience = _write(audience, name=name, definition=definition)

    record(audience, "audience.changed", by=by, before=before, after=audience.definition)
    return audience


@transaction.atomic
def delete_audience(audience: SavedAudience, *, by: User) -> None:
    """Forget the name; campaigns keep their own copy of the definition."""
    record(audience, "audience.deleted", by=by, definition=audience.definition)
    audience.delete()


def _refuse_unusable(name: str, definition: AudienceDefinition) -> None:
    if not name.strip():
        raise Refused(_("Give the audience a name."), code="audience_name")
    if reason := estimate(definition).reason:
        raise Refused(reason, code="audience_too_small")


def _write(audience: SavedAudience, *, name: str, definition: AudienceDefinition) -> SavedAudience:
    audience.name = name.strip()[:80]
    audience.definition = definition.as_json()
    try:
        with transaction.atomic():
            audience.save()
    except IntegrityError:
        raise Refused(
            _("You have an audience called “%(name)s” already.") % {"name": audience.name},
            code="audience_name",
        ) from None
    return audience
