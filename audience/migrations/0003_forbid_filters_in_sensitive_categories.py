"""Where choosing people by age, place or phone is unfair, it is off; rows of data, so staff can say
otherwise for a country whose law does."""

from django.db import migrations

CATEGORIES = ["credit", "insurance", "employment", "housing", "health", "politics"]
FILTERS = ["region", "age", "tier"]


def forbid(apps, schema_editor):
    FilterRule = apps.get_model("audience", "FilterRule")
    FilterRule.objects.bulk_create(
        FilterRule(country="", category=category, filter=filter_, allowed=False)
        for category in CATEGORIES
        for filter_ in FILTERS
    )


class Migration(migrations.Migration):
    dependencies = [("audience", "0002_add_filter_rules_and_budget_limits")]
    operations = [migrations.RunPython(forbid, migrations.RunPython.noop, elidable=False)]
