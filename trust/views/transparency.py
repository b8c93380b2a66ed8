"""Public: how the rules were applied, half-year by half-year."""

import csv
import re
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from trust.models import Mark, Policy, TransparencyReport
from trust.services.transparency import as_rows, count_half_year


def _report(name: str) -> TransparencyReport:
    """The half-year called so, or the running one. Raises Http404."""
    if not name:
        newest = TransparencyReport.objects.order_by("-begins").first()
        return newest or count_half_year(timezone.now().date())
    found = re.fullmatch(r"(\d{4})-h([12])", name)
    if not found:
        raise Http404
    begins = date(int(found[1]), 1 if found[2] == "1" else 7, 1)
    report = TransparencyReport.objects.filter(begins=begins).first()
    if report is None:
        raise Http404
    return report


@require_GET
def transparency(request: HttpRequest, name: str = "") -> HttpResponse:
    report = _report(name)
    labels = dict(Mark.Reason.choices)
    by_reason = report.values["notices"]["by_reason"]
    return render(
        request,
        "trust/transparency.html",
        {
            "report": report,
            "others": TransparencyReport.objects.exclude(pk=report.pk).order_by("-begins")[:20],
            "reasons": sorted(
                ((labels.get(reason, reason), n) for reason, n in by_reason.items()),
                key=lambda row: -row[1],
            ),
            "policies": Policy.objects.exclude(state=Policy.State.DRAFT).order_by("-version"),
            "rules": Policy.objects.active().rules,
        },
    )


@require_GET
def transparency_csv(request: HttpRequest, name: str) -> HttpResponse:
    report = _report(name)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="transparency-{report.name}.csv"'
    answer.write("\ufeff")
    rows = csv.writer(answer)
    rows.writerow(["section", "indicator", "value"])
    rows.writerows(as_rows(report))
    return answer


@require_GET
def transparency_json(request: HttpRequest, name: str) -> JsonResponse:
    report = _report(name)
    return JsonResponse(
        {
            "begins": report.begins.isoformat(),
            "ends": report.ends.isoformat(),
            "counted_at": report.counted_at.isoformat(),
            **report.values,
        }
    )
