from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0022_move_counts_in_steps"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="turn",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=Q(turn__gte=1), name="campaign_has_its_turn"
            ),
        ),
        migrations.AddField(
            model_name="campaignnoise",
            name="retries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
