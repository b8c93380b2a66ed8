"""How much waits in each queue: the numbers on the sidebar. Read from partial indexes."""

from django.http import HttpRequest

from trust.models import Appeal, Case, Proposal, SecondLook, SpamReport

MOST = 100  # nobody reads more; a queue is not counted further than this


def _shown(queryset) -> str:
    count = len(queryset.order_by()[:MOST].values_list("pk"))
    return f"{MOST - 1}+" if count == MOST else str(count or "")


def waiting_reports(request: HttpRequest) -> str:
    return _shown(SpamReport.objects.filter(state=SpamReport.State.OPEN))


def open_cases(request: HttpRequest) -> str:
    return _shown(Case.objects.filter(state=Case.State.OPEN))


def open_appeals(request: HttpRequest) -> str:
    return _shown(Appeal.objects.filter(state=Appeal.State.OPEN))


def open_proposals(request: HttpRequest) -> str:
    return _shown(Proposal.objects.filter(state=Proposal.State.OPEN))


def waiting_looks(request: HttpRequest) -> str:
    return _shown(
        SecondLook.objects.filter(answered_at=None).exclude(first_decider=request.user.pk)
    )
