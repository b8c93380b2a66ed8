"""Which group of staff may do what here; see profiles.permissions. Nobody sees single people."""

from profiles.permissions import LEAD, SUPPORT

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "audience.view_devicemodel": (SUPPORT, LEAD),
    "audience.add_devicemodel": (LEAD,),
    "audience.change_devicemodel": (LEAD,),
    "audience.view_tiercut": (SUPPORT, LEAD),
    "audience.view_filterrule": (SUPPORT, LEAD),
    "audience.add_filterrule": (LEAD,),
    "audience.change_filterrule": (LEAD,),
    "audience.view_snapshot": (SUPPORT, LEAD),
    "audience.view_importrun": (SUPPORT, LEAD),
}
