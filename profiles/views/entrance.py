"""Where everybody comes in; allauth's page, less one dead end."""

from allauth.account.internal.stagekit import clear_login
from allauth.account.views import LoginView
from django.http import HttpRequest, HttpResponseRedirect


class SignInView(LoginView):
    def _redirect_to_pending_stage(
        self, request: HttpRequest, stage
    ) -> HttpResponseRedirect | None:
        """Who waits for a sign-up's code may sign in instead: the mail may say that there is an
        account already. allauth allows it the other way round only.
        """
        if stage.login.signup:
            clear_login(request)
            return None
        return super()._redirect_to_pending_stage(request, stage)
