from django.db import migrations, models

TOPICS = [
    ("money", "Banking and finance"),
    ("loans", "Credit and loans"),
    ("insurance", "Insurance"),
    ("politics", "Politics and elections"),
    ("health", "Health"),
    ("beauty", "Beauty and wellness"),
    ("shopping", "Shopping and clothes"),
    ("food", "Food and restaurants"),
    ("travel", "Travel and hotels"),
    ("events", "Events and entertainment"),
    ("cars", "Cars"),
    ("housing", "Housing"),
    ("jobs", "Jobs"),
    ("education", "Education"),
    ("causes", "Charities"),
    ("public", "Public service"),
    ("services", "Professional services"),
    ("other", "Everything else"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("audience", "0009_let_pauses_end"),
    ]

    operations = [
        migrations.CreateModel(
            name="MutedTopic",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "person_id",
                        "topic",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("person_id", models.BigIntegerField()),
                ("topic", models.CharField(choices=TOPICS, max_length=10)),
                ("source", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("until__isnull", False)),
                        fields=["until"],
                        name="topic_mutes_by_end",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("topic__in", [topic for topic, _name in TOPICS])),
                        name="topic_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until", None), ("until__gt", models.F("at")), _connector="OR"
                        ),
                        name="topic_mute_ends_later",
                    ),
                ],
            },
        ),
    ]
