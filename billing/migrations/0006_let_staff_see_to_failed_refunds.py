from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_permit_refunds_of_payments"),
    ]

    operations = [
        migrations.AlterField(
            model_name="paymentrefund",
            name="state",
            field=models.CharField(
                choices=[
                    ("decided", "On its way"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("settled", "Seen to by staff"),
                ],
                default="decided",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="state",
            field=models.CharField(
                choices=[
                    ("decided", "Decided"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("settled", "Seen to by staff"),
                ],
                default="decided",
                max_length=8,
            ),
        ),
    ]
