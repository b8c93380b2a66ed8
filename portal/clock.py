"""Staff see times by their own clock (Users > time zone); who has set none, by UTC."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.base.clock import by_clock_of


class StaffClock:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/") or not request.user.is_authenticated:
            return self.get_response(request)
        with by_clock_of(request.user.time_zone):
            return self.get_response(request)
