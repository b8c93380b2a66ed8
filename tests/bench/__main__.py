"""python -m tests.bench [group ...]     N=5000000 PORT=8860

Writes var/reports/bench.json, or bench-GROUP.json where groups are named; 1 if a bar fails.
"""

import importlib
import os
import pkgutil
import sys
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "portal.tests.settings"


def main(wanted: list[str]) -> int:
    import django

    from portal.run import services
    from portal.run.places import say

    services.start()
    django.setup()
    from django.test.utils import setup_databases, setup_test_environment

    from portal.base.report import Bar, report
    from tests.bench import DEFAULT

    groups = {name: group for name, group in find_groups().items() if not wanted or name in wanted}
    if missing := set(wanted) - set(groups):
        return say(f"There is no group {', '.join(missing)}.") or 2
    setup_test_environment()
    setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=())

    n = int(os.getenv("N") or DEFAULT)
    figures: dict[str, object] = {"n": n}
    bars: dict[str, Bar] = {}
    for name, group in groups.items():
        say(f"{name} ...")
        empty_the_database()
        begun = time.monotonic()
        found = group.measure(n)
        say(f"{name}: {time.monotonic() - begun:.0f} s")
        figures |= {f"{name}: {key}": value for key, value in found.figures.items()}
        bars |= {f"{name}: {key}": bar for key, bar in found.bars.items()}
    empty_the_database()
    return 0 if report("-".join(["bench", *wanted]), figures, bars) else 1


def find_groups() -> dict:
    """name -> module, of all modules here that measure."""
    folder = str(Path(__file__).parent)
    names = (each.name for each in pkgutil.iter_modules([folder]) if not each.name.startswith("_"))
    modules = {
        name: importlib.import_module(f"tests.bench.{name}")
        for name in names
        if not name.startswith("test_")
    }
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def empty_the_database() -> None:
    """Empty all tables but those that migrations filled."""
    from django.apps import apps
    from django.db import connection

    kept = {"django_migrations", "django_content_type", "auth_permission", "auth_group"}
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.db_table not in kept
    ]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE profiles_auditrow DISABLE TRIGGER USER")
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        cursor.execute("ALTER TABLE profiles_auditrow ENABLE TRIGGER USER")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
