"""The least that any API does: read JSON, insert one row, answer."""

import json

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from messaging.models import Message
from portal.base.ids import new_id
from portal.urls import urlpatterns as site

NOBODY = 9 * 10**17


@csrf_exempt
def insert(request: HttpRequest) -> JsonResponse:
    body = json.loads(request.body)
    now = timezone.now()
    row = Message.objects.create(
        person_id=NOBODY,
        id=new_id(now),
        profile_id=1,
        direction="out",
        status="sent",
        body=body["text"]["body"],
        created_at=now,
    )
    return JsonResponse({"id": str(row.id)})


urlpatterns = [path("insert", insert), *site]
