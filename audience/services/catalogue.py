"""Models that staff add to the catalogue of devices, or correct, by lines of CSV."""

import csv
import io
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audience.models import DeviceModel
from portal.base.refused import Refused
from profiles.models import User
from profiles.services.audit import record

COLUMNS = ["code", "brand", "name", "released", "launch_usd", "source"]
MOST_LINES = 500
MOST_NAMED = 5  # faulty lines in one sentence


def read_devices(text: str) -> list[DeviceModel]:
    """The models of a CSV text whose first line names the columns, not saved yet.

    Raises:
        Refused: where a line is wrong, with its number and what is wrong; then none is taken.
    """
    rows = list(csv.reader(io.StringIO(text.strip())))
    if not rows or [name.strip() for name in rows[0]] != COLUMNS:
        raise Refused(_("The first line is: %(columns)s") % {"columns": ",".join(COLUMNS)})
    if len(rows) - 1 > MOST_LINES:
        raise Refused(_("At most %(n)d models at once.") % {"n": MOST_LINES})
    devices, faults = dict[str, DeviceModel](), list[str]()
    for number, row in enumerate(rows[1:], start=2):
        try:
            device = _device(row)
            if device.code in devices:
                raise ValueError(_("%(code)s is there twice") % {"code": device.code})
            devices[device.code] = device
        except ValidationError as error:
            faults.append(_("line %(n)d: %(why)s") % {"n": number, "why": _said(error)})
        except ValueError as error:
            faults.append(_("line %(n)d: %(why)s") % {"n": number, "why": error})
    if faults:
        raise Refused(_("Nothing was loaded. %(faults)s") % {"faults": _listed(faults)})
    if not devices:
        raise Refused(_("There is no model below the first line."))
    return list(devices.values())


@transaction.atomic
def add_devices(devices: Sequence[DeviceModel], *, by: User) -> int:
    """Add models, or correct those that are there; newer lists never overwrite them.

    Tiers follow the next night. Returns how many were added or differ from before.
    """
    now, changed = timezone.now(), 0
    codes = [device.code for device in devices]
    found = DeviceModel.objects.select_for_update().order_by("code").in_bulk(codes)
    for device in devices:
        before = _facts(found[device.code]) if device.code in found else None
        if before == _facts(device):
            continue
        changed += 1
        device.edited_at = now
        device.save(force_insert=before is None, force_update=before is not None)
        record(device, "devicemodel.loaded_by_staff", by=by, before=before, after=_facts(device))
    return changed


def _device(row: Sequence[str]) -> DeviceModel:
    if len(row) != len(COLUMNS):
        raise ValueError(
            _("%(found)d columns instead of %(wanted)d")
            % {"found": len(row), "wanted": len(COLUMNS)}
        )
    code, brand, name, released, usd, source = (value.strip() for value in row)
    for value in (released, usd):
        if value and not (value.isascii() and value.isdecimal() and len(value) < 6):
            raise ValueError(_("“%(value)s” is not a whole number") % {"value": value[:20]})
    device = DeviceModel(
        code=code,
        brand=brand,
        name=name,
        released=int(released) if released else None,
        launch_usd=int(usd) if usd else None,
        source=source,
    )
    device.clean_fields()
    if (device.released is None) != (device.launch_usd is None) or (released and not source):
        raise ValueError(_("year, price and their source come together"))
    device.validate_constraints()
    return device


def _facts(device: DeviceModel) -> dict[str, object]:
    return {name: getattr(device, name) for name in COLUMNS[1:]}


def _said(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return "; ".join(
        f"{name}: {' '.join(said)}" if name in COLUMNS else " ".join(said)
        for name, said in error.message_dict.items()
    )


def _listed(faults: Sequence[str]) -> str:
    more = len(faults) - MOST_NAMED
    named = "; ".join(faults[:MOST_NAMED])
    if more <= 0:
        return named
    return f"{named}; " + ngettext("and %(n)d more.", "and %(n)d more.", more) % {"n": more}
