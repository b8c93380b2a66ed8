"""python run_meta_whatsapp.py N SINK     a campaign of django-meta-whatsapp to N contacts.

Its own runner, its own tables; only the address of the Graph API is another.
"""

import json
import sys
import time

import django


def main(n: int, sink: str) -> None:
    django.setup()
    from django.core.management import call_command
    from django_meta_whatsapp import models, utils

    call_command("migrate", verbosity=0)
    for model in (models.WhatsAppCampaign, models.WhatsAppContact):
        model.objects.all().delete()
    utils.GRAPH_BASE = sink
    account = models.WhatsAppAccount.objects.create(
        name=str(time.time()), phone_number_id=str(time.time()), access_token="t", waba_id="1"
    )
    template = models.WhatsAppTemplate.objects.create(name=f"hello{time.time()}", language="en")
    models.WhatsAppContact.objects.bulk_create(
        models.WhatsAppContact(phone=f"9198{i:08}") for i in range(n)
    )
    campaign = models.WhatsAppCampaign.objects.create(name="c", template=template, account=account)
    begun = time.monotonic()
    done = utils.run_campaign(campaign.pk)
    print(json.dumps({"sent": done["sent"], "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
