"""How accounts are made: by e-mail code, no password first."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.base.services.mail import mail
from profiles.models import Business

DEMO_CODE = "demo_code"  # in the session: the code that was mailed last, in the demo only
DEMO_SAYS = "demo_says"  # likewise: which mail went out in place of a code
INSTEAD = {
    "account/email/account_already_exists": "exists",
    "account/email/unknown_account": "unknown",
}


class AccountAdapter(DefaultAccountAdapter):
    def generate_login_code(self) -> str:
        return self._shown_in_demo(super().generate_login_code())

    def generate_email_verification_code(self) -> str:
        return self._shown_in_demo(super().generate_email_verification_code())

    def _shown_in_demo(self, code: str) -> str:
        """The demo sends no mail to anyone, so its pages show the code."""
        if settings.DEMO and self.request is not None:
            self.request.session[DEMO_CODE] = code
            self.request.session.pop(DEMO_SAYS, None)
        return code

    def login(self, request: HttpRequest, user) -> None:
        super().login(request, user)
        for name in (DEMO_CODE, DEMO_SAYS):
            request.session.pop(name, None)

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Mails go out from the outbox: signing in does not wait for the mail server."""
        if settings.DEMO and self.request is not None and template_prefix in INSTEAD:
            self.request.session[DEMO_SAYS] = INSTEAD[template_prefix]
        context = {
            "email": email,
            "current_site": get_current_site(self.request),
            "operator": settings.OPERATOR_NAME,
            "signin_url": f"{settings.SITE_URL}{reverse('account_login')}",
        } | context
        message = self.render_mail(template_prefix, email, {"request": self.request} | context)
        mail(email, subject=str(message.subject), body=str(message.body))

    def get_reauthentication_methods(self, user) -> list[dict]:
        """Who has no second factor proves by mail who they are; nobody else may."""
        methods = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        url = reverse("confirm_by_mail")
        return [{"id": "code", "description": _("Send a code by mail"), "url": url}]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff without a business of their own go to the admin, all others to their business."""
        if request.user.is_staff and not Business.objects.of(request.user).exists():
            return reverse("admin:index")
        return super().get_login_redirect_url(request)
