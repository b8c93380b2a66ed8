from django.db import migrations

REASONS = {
    "reject": [
        (
            "Not in the register",
            "We could not find the business under this number in the register of its country.",
        ),
        (
            "Papers of another business",
            "The documents are about another business than the one that asks.",
        ),
        (
            "Papers not genuine",
            "The documents don't agree with what the register shows.",
        ),
        (
            "Name of somebody else",
            "The name is that of another business, and nothing shows that you may use it.",
        ),
        ("Not allowed here", "What the business offers may not be sent on this messenger."),
    ],
    "ask": [
        ("Not readable", "A document can't be read. Please hand in a sharper copy of it."),
        ("Too old", "Please hand in an extract of the register that is at most three months old."),
        (
            "Who may sign",
            "Please hand in a paper that shows that the representative may sign for the business.",
        ),
        ("Name differs", "The legal name differs from the one in the register. Which is right?"),
        ("Number missing", "Please write down the register number as the register has it."),
    ],
}


def write(apps, schema_editor):
    reason = apps.get_model("profiles", "ReviewReason")
    reason.objects.bulk_create(
        reason(used_for=used_for, title=title, text=text, position=position)
        for used_for, texts in REASONS.items()
        for position, (title, text) in enumerate(texts, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("profiles", "0009_wait_for_a_look_at_changes")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
