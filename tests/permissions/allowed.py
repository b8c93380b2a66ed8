"""Who may open what, written down by hand: what the views say is held against this, not believed.

A page that is new, or opens to others than before, is put here by whoever changes it, and read by
who reviews the change. Grouped by those who may; the names are those of the addresses.
"""

OWNER, ADMIN, AGENT = "owner", "admin", "agent"
DEVELOPER, ANALYST = "developer", "analyst"

# Pages of a business: whoever is not named here gets 403, whoever is no member 404.
_PAGES = {
    (OWNER, ADMIN, AGENT, DEVELOPER, ANALYST): """
        business_home member_remove notice_dismiss notifications
        template template_preview templates
    """,
    (OWNER, ADMIN): """
        audience audience_delete audience_new
        billing_change billing_checkout billing_ending billing_offer billing_portal billing_return
        campaign_act campaign_edit campaign_new campaign_preview
        change_take_back chat_link_delete chat_link_new contacts_csv document_remove
        invitation_withdraw member_change payments_again payments_return payments_setup
        public_profile team verification
    """,
    (OWNER, ADMIN, ANALYST): """
        analytics analytics_csv audience_estimate audiences
        billing billing_invoice billing_payer
        campaign campaign_csv campaign_filters campaigns
        decision payments_books payments_csv quality statement
    """,
    (OWNER, ADMIN, AGENT): """
        account_link account_link_new account_link_withdraw business_inbox chat_link contact
        contact_act contacts conversation conversation_act conversation_writing links
        payment_act payment_code payment_new payment_repeat replies
    """,
    (OWNER, ADMIN, AGENT, ANALYST): """
        payment payments
    """,
    (OWNER, ADMIN, DEVELOPER): """
        api_call api_log app_act developer_app developer_webhook developers sandbox sandbox_act
        template_delete template_new token_new token_revoke webhook_act webhook_set
    """,
}
# The management API: the noun of the scope that a call asks for, as in campaigns:read.
_CALLS = {
    "": "v1-me",  # whose key it is, any key may ask
    "audiences": "v1-audiences-detail v1-audiences-list v1-estimates-list",
    "audit": "v1-audit-list",
    "billing": "v1-invoices-list v1-subscription v1-usage",
    "campaigns": """
        v1-campaigns-cancel v1-campaigns-detail v1-campaigns-launch v1-campaigns-list
        v1-campaigns-pause v1-campaigns-plan v1-campaigns-progress v1-campaigns-resume
        v1-campaigns-retry v1-campaigns-schedule v1-campaigns-unschedule
    """,
    "contacts": "v1-block v1-contact v1-contacts v1-unblock",
    "conversations": """
        v1-assign v1-conversation v1-conversations v1-messages v1-reopen v1-resolve
    """,
    "members": "v1-invitations-detail v1-invitations-list v1-members-detail v1-members-list",
    "profiles": "v1-profiles-detail v1-profiles-list",
    "quality": """
        v1-decisions-appeal v1-decisions-detail v1-decisions-list v1-decisions-statement
        v1-quality-detail
    """,
    "templates": "v1-templates-detail v1-templates-lint v1-templates-list",
    "webhooks": """
        v1-events v1-secret-finish v1-secret-rotate v1-webhooks-attempts v1-webhooks-detail
        v1-webhooks-enable v1-webhooks-list v1-webhooks-replay v1-webhooks-replay-one
        v1-webhooks-test
    """,
}
# Of them those that POST and change nothing, so that reading is enough.
READING = {"v1-estimates-list", "v1-templates-lint"}
# What a key's maker must still be, for the key to do it.
SCOPES = {
    "profiles:read": (OWNER, ADMIN, AGENT, DEVELOPER, ANALYST),
    "profiles:write": (OWNER, ADMIN),
    "members:read": (OWNER, ADMIN),
    "members:write": (OWNER, ADMIN),
    "templates:read": (OWNER, ADMIN, AGENT, DEVELOPER, ANALYST),
    "templates:write": (OWNER, ADMIN, DEVELOPER),
    "audiences:read": (OWNER, ADMIN, ANALYST),
    "audiences:write": (OWNER, ADMIN),
    "campaigns:read": (OWNER, ADMIN, ANALYST),
    "campaigns:write": (OWNER, ADMIN),
    "conversations:read": (OWNER, ADMIN, AGENT),
    "conversations:write": (OWNER, ADMIN, AGENT),
    "contacts:read": (OWNER, ADMIN, AGENT),
    "contacts:write": (OWNER, ADMIN, AGENT),
    "webhooks:read": (OWNER, ADMIN, DEVELOPER),
    "webhooks:write": (OWNER, ADMIN, DEVELOPER),
    "quality:read": (OWNER, ADMIN, ANALYST),
    "quality:write": (OWNER, ADMIN),
    "billing:read": (OWNER, ADMIN, ANALYST),
    "audit:read": (OWNER, ADMIN),
}


def _by_name(groups: dict) -> dict:
    """The table as it is asked: by name. A name in two groups is a slip."""
    found: dict = {}
    for group, names in groups.items():
        for name in names.split():
            assert name not in found, f"{name} stands in two groups."
            found[name] = group
    return found


PAGES: dict[str, tuple[str, ...]] = _by_name(_PAGES)
CALLS: dict[str, str] = _by_name(_CALLS)


def differences(said: dict[str, object], table: dict[str, object]) -> list[str]:
    """In words: what the code says otherwise than the table, or only one of the two names."""
    found = []
    for name in sorted(said.keys() | table.keys()):
        if name not in said:
            found.append(f"{name}: there is no such address any more; take it out.")
        elif name not in table:
            found.append(f"{name}: new; say in allowed.py who may, as the view does: {said[name]}.")
        elif _set(said[name]) != _set(table[name]):
            found.append(f"{name}: the view says {said[name]}, allowed.py {table[name]}.")
    return found


def _set(who: object) -> object:
    return {str(one) for one in who} if isinstance(who, tuple) else who
