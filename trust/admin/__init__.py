"""The staff's pages of trust."""

from trust.admin import appeals, cases, policies, profiles, reports

__all__ = ["appeals", "cases", "policies", "profiles", "reports"]
