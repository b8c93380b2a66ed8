"""The staff's admin site."""

from unfold.sites import UnfoldAdminSite


class SignetAdminSite(UnfoldAdminSite):
    """Staff only; who has no second factor in this session is sent to allauth."""
