"""The business's side of verification: say who you are, hand in papers, see what became of it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.forms import CaseForm, DocumentForm
from profiles.models import Business, Check, Document, VerificationCase
from profiles.services.documents import add_document, remove_document
from profiles.services.domains import FILE, NAME, check_domain, word_for
from profiles.services.verification import (
    RENEW_FROM,
    REQUIRED,
    change_case,
    open_case,
    queue_place,
    submit_case,
)
from profiles.tenancy import MANAGE, MemberRequest, business_page, in_business

State = VerificationCase.State
EDITABLE = (State.DRAFT, State.NEEDS_INFORMATION)


@require_http_methods(["GET", "POST"])
@in_business(roles=MANAGE)
def verification(request: MemberRequest, business: Business) -> HttpResponse:
    """One page for the whole way. A POST keeps the fields first, then does what its button says."""
    case = (
        business.cases.filter(kind=VerificationCase.Kind.IDENTITY).order_by("-created_at").first()
    )
    if request.method == "POST":
        return _post(request, business, case)
    return _page(request, business, case)


def _post(
    request: MemberRequest, business: Business, case: VerificationCase | None
) -> HttpResponse:
    """`do` is the button: begin, save, upload or submit."""
    do = request.POST.get("do")
    try:
        if do == "begin":
            open_case(business, by=request.user)
            return redirect("verification", slug=business.slug)
        if case is None:
            raise Http404
        form = CaseForm(request.POST, instance=case)
        brings_a_file = do == "upload" or "file" in request.FILES
        papers = DocumentForm(request.POST, request.FILES) if brings_a_file else DocumentForm()
        if not form.is_valid():
            return _page(request, business, case, form=form, papers=papers)
        # Kept before all else, so that a file that is refused costs nobody what they typed.
        case = change_case(case, by=request.user, **form.cleaned_data)
        if brings_a_file and not _upload(request, case, papers):
            return _page(request, business, case, papers=papers)
        if do == "look":
            return _look(request, business, case)
        if do == "submit":
            submit_case(case, by=request.user)
            messages.success(request, _("Handed in. We write to you when it is decided."))
        elif do != "upload":
            messages.success(request, _("Saved."))
    except Refused as refusal:
        if case and case.state in EDITABLE:
            return _page(request, business, case, refusal=refusal)
        messages.error(request, refusal.sentence)
    return redirect("verification", slug=business.slug)


def _upload(request: MemberRequest, case: VerificationCase, papers: DocumentForm) -> bool:
    """Whether the chosen file was added; else `papers` says why not."""
    if papers.is_valid():
        file = papers.cleaned_data["file"]
        try:
            add_document(
                case,
                by=request.user,
                kind=papers.cleaned_data["kind"],
                name=file.name,
                size=file.size,
                read=file.read,
            )
        except Refused as refusal:
            papers.add_error("file", refusal.sentence)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": file.name})
            return True
    return False


def _look(request: MemberRequest, business: Business, case: VerificationCase) -> HttpResponse:
    try:
        check = check_domain(case, by=request.user)
    except Refused as refusal:
        if refusal.code != "too_often":
            raise
        messages.error(request, refusal.sentence)
    else:
        if check.result == Check.Result.PASSED:
            messages.success(request, _("%(domain)s is yours.") % {"domain": case.domain})
    return redirect(reverse("verification", args=[business.slug]) + "#domain")


def _page(
    request: MemberRequest,
    business: Business,
    case: VerificationCase | None,
    *,
    form: CaseForm | None = None,
    papers: DocumentForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    """The page; with `refusal`, why nothing was handed in, also beside each empty field."""
    editable = case is not None and case.state in EDITABLE
    if case and refusal:
        form = CaseForm(request.POST, instance=case)
        for name in REQUIRED:
            if not request.POST.get(name, "").strip():
                form.add_error(name, _("We need this before you hand in."))
    return business_page(
        request,
        business,
        "profiles/verification.html",
        refusal=refusal,
        case=case,
        editable=editable,
        form=form or (CaseForm(instance=case) if editable else None),
        papers=papers or DocumentForm(),
        documents=list(case.documents.filter(deleted_at=None).order_by("uploaded_at"))
        if case
        else [],
        place=queue_place(case) if case else None,
        proof=_proof(case) if case and case.domain else None,
        live=live(f"business:{business.pk}"),
        verification=business.verifications.filter(ended_at=None).first(),
        may_renew=not business.is_verified(timezone.now() + RENEW_FROM),
    )


def _proof(case: VerificationCase) -> dict:
    """The three ways to prove the domain, and what we saw when we last looked."""
    word = word_for(case.business, case.domain)
    return {
        "word": word,
        "tag": f'<meta name="{NAME}" content="{word}">',
        "name": NAME,
        "file": FILE,
        "check": case.checks.filter(kind=Check.Kind.DOMAIN).first(),
    }


@require_POST
@in_business(roles=MANAGE)
def document_remove(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    document = Document.objects.filter(uuid=uuid, case__business=business, deleted_at=None).first()
    if document is None:
        raise Http404
    try:
        remove_document(document, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("%(name)s was removed.") % {"name": document.name})
    return redirect("verification", slug=business.slug)
