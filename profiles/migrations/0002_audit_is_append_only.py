from django.db import migrations


class Migration(migrations.Migration):
    """No audit row is ever changed or removed, whoever asks."""

    dependencies = [("profiles", "0001_begin")]

    operations = [
        migrations.RunSQL(
            """
            create function audit_is_append_only() returns trigger language plpgsql as $$
            begin
                raise exception 'The audit is append-only.' using errcode = 'restrict_violation';
            end $$
            """,
            "drop function audit_is_append_only()",
        ),
        migrations.RunSQL(
            """
            create trigger audit_is_append_only before update or delete on profiles_auditrow
            for each row execute function audit_is_append_only()
            """,
            "drop trigger audit_is_append_only on profiles_auditrow",
        ),
        migrations.RunSQL(
            """
            create trigger audit_is_never_emptied before truncate on profiles_auditrow
            for each statement execute function audit_is_append_only()
            """,
            "drop trigger audit_is_never_emptied on profiles_auditrow",
        ),
    ]
