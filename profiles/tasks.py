"""Index of this app's tasks, for Celery."""

from profiles.services.audit_chain import seal_audit
from profiles.services.domains import check_domains
from profiles.services.verification import lapse_verifications

__all__ = ["check_domains", "lapse_verifications", "seal_audit"]
