"""What a person reads when something of ours is broken."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import server_error as broken


def server_error(request: HttpRequest) -> HttpResponse:
    """The database is away: say so, and that nothing is lost. All else: the page for our faults."""
    fault = sys.exc_info()[1]
    if isinstance(fault, OperationalError | InterfaceError):
        return render(request, "503.html", status=503)
    try:
        return render(request, "500.html", status=500)  # with the request's name on it
    except Exception:  # what is broken may be what every page needs
        return broken(request)
