"""python run_post_office.py N     N mails through django-post-office's queue, to a null backend."""

import json
import sys
import time

import django


def main(n: int) -> None:
    django.setup()
    from django.core.management import call_command
    from post_office import mail
    from post_office.models import STATUS, Email

    call_command("migrate", verbosity=0)
    Email.objects.all().delete()
    begun = time.monotonic()
    mail.send_many(
        [
            {
                "recipients": [f"p{i}@people.example"],
                "sender": "shop@acme.example",
                "subject": "Hello",
                "message": "Hello from our shop.",
            }
            for i in range(n)
        ]
    )
    while Email.objects.filter(status=STATUS.queued).exists():
        mail.send_queued(processes=1)  # as its command does
    seconds = time.monotonic() - begun
    print(
        json.dumps({"sent": Email.objects.filter(status=STATUS.sent).count(), "seconds": seconds})
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
