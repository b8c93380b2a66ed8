from django.db import migrations

TABLES = ("profiles_registryentry", "profiles_registrynode", "profiles_registryhead")


class Migration(migrations.Migration):
    """What the registry said once, it has said."""

    dependencies = [("profiles", "0007_open_the_registry")]

    operations = [
        migrations.RunSQL(
            f"create trigger registry_is_append_only before update or delete on {table}"
            " for each row execute function audit_is_append_only()",
            f"drop trigger registry_is_append_only on {table}",
        )
        for table in TABLES
    ]
