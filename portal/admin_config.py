from django.contrib.admin.apps import AdminConfig


class SignetAdminConfig(AdminConfig):
    """Django's admin with our own site: allauth is the only door, and this session passed its
    second factor.
    """

    default_site = "portal.admin.SignetAdminSite"
