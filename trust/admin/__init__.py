"""The staff's pages of trust."""

from trust.admin import appeals, cases, decisions, policies, profiles, proposals, reports

__all__ = ["appeals", "cases", "decisions", "policies", "profiles", "proposals", "reports"]
