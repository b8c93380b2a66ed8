from django.db import migrations


class Migration(migrations.Migration):
    """No link of the chain is ever changed or removed, as no row of the audit is."""

    dependencies = [("profiles", "0004_chain_the_audit")]

    operations = [
        migrations.RunSQL(
            """
            create trigger seals_are_append_only before update or delete on profiles_auditseal
            for each row execute function audit_is_append_only()
            """,
            "drop trigger seals_are_append_only on profiles_auditseal",
        ),
        migrations.RunSQL(
            """
            create trigger heads_stay before delete on profiles_audithead
            for each row execute function audit_is_append_only()
            """,
            "drop trigger heads_stay on profiles_audithead",
        ),
    ]
