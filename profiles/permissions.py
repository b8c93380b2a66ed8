"""Which group of staff may do what. The table is the truth: every migrate makes the groups match.

Each app has a table of its own in its `permissions.py`; tests walk through all of them, cell by
cell. Nobody's rights are edited one by one, so that what a group may do can be read here.
"""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db.models.signals import post_migrate

VERIFIER, MODERATOR, FINANCE, SUPPORT, LEAD = GROUPS = (
    "verifier",
    "moderator",
    "finance",
    "support",
    "lead",
)

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "profiles.view_business": GROUPS,
    "profiles.change_business": (SUPPORT, LEAD),
    # Its pages as it sees them, without people's words; each page is a row of the audit.
    "profiles.view_as_business": (SUPPORT, LEAD),
    "profiles.view_supportnote": GROUPS,
    "profiles.add_supportnote": GROUPS,
    "profiles.view_profile": GROUPS,
    "profiles.change_profile": (LEAD,),
    "profiles.revoke_profile": (MODERATOR, LEAD),
    "profiles.view_membership": (SUPPORT, LEAD),
    "profiles.view_verificationcase": (VERIFIER, MODERATOR, SUPPORT, LEAD),
    "profiles.decide_case": (VERIFIER, LEAD),
    # What a business handed in is for verifiers only; each look is a row of the audit.
    "profiles.view_document": (VERIFIER,),
    "profiles.view_reviewreason": (VERIFIER, LEAD),
    "profiles.add_reviewreason": (LEAD,),
    "profiles.change_reviewreason": (LEAD,),
    "profiles.delete_reviewreason": (LEAD,),
    "profiles.view_protectedname": (VERIFIER, LEAD),
    "profiles.add_protectedname": (LEAD,),
    "profiles.change_protectedname": (LEAD,),
    "profiles.view_check": (VERIFIER, LEAD),
    "profiles.view_verification": (VERIFIER, MODERATOR, SUPPORT, LEAD),
    "profiles.withdraw_verification": (LEAD,),
    "profiles.view_notice": (SUPPORT, LEAD),
    "profiles.view_user": (SUPPORT, LEAD),
    "profiles.change_user": (LEAD,),
    "profiles.add_user": (LEAD,),
    "profiles.view_auditrow": (LEAD,),
}


def all_permissions() -> dict[str, tuple[str, ...]]:
    """The tables of all apps in one."""
    together: dict[str, tuple[str, ...]] = {}
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.permissions") and not app.name.startswith("django."):
            table = import_module(f"{app.name}.permissions")
            together |= getattr(table, "PERMISSIONS", {})
    return together


def grant_groups(sender, **kwargs) -> None:
    """Make every group's rights match the tables; runs after the last app has migrated."""
    from django.contrib.auth.models import Group, Permission

    with_models = [app for app in apps.get_app_configs() if app.models_module]
    if sender.label != with_models[-1].label:
        return
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    table = all_permissions()
    if unknown := sorted(set(table) - set(known)):
        raise LookupError(f"No such permissions: {', '.join(unknown)}")
    for name in GROUPS:
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set([known[key] for key, groups in table.items() if name in groups])


def keep_groups() -> None:
    """Called once, when the app is ready."""
    post_migrate.connect(grant_groups, dispatch_uid="profiles.permissions")
