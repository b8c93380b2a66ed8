from django.db import migrations


class Migration(migrations.Migration):
    """`name__istartswith` reads UPPER(name) LIKE 'ANA%': only this class of operators serves it."""

    dependencies = [("messaging", "0012_label_contacts")]

    operations = [
        migrations.RunSQL(
            "create index contacts_by_name on messaging_contact"
            " (business_id, upper(name) text_pattern_ops)",
            "drop index contacts_by_name",
        )
    ]
