"""Addresses of messaging, by face: business's pages under /w/, people's under /m/, the API."""

from django.urls import include, path

from messaging.views import (
    analytics,
    api_log,
    campaigns,
    compose,
    contacts,
    developers,
    docs,
    inbox,
    inbox_acts,
    linking,
    payments,
    replies,
    sandbox,
    templates,
    webhooks,
)

WORKSPACE = "w/<slug:slug>/"

urlpatterns = [
    path("m/", include("messaging.inbox.urls")),
    path("platform/v1/", include("messaging.platform.urls")),
    path(f"{WORKSPACE}inbox/", inbox.inbox, name="business_inbox"),
    path(f"{WORKSPACE}inbox/<slug:handle>/<str:number>/", inbox.conversation, name="conversation"),
    path(f"{WORKSPACE}inbox/replies/", replies.replies, name="replies"),
    path(
        f"{WORKSPACE}inbox/<slug:handle>/<str:number>/act/",
        inbox_acts.act,
        name="conversation_act",
    ),
    path(
        f"{WORKSPACE}inbox/<slug:handle>/<str:number>/writing/",
        inbox_acts.writing,
        name="conversation_writing",
    ),
    path("", include("messaging.v1.urls")),
    path("docs/", docs.docs, name="docs"),
    path("docs/api/<slug:name>/", docs.docs_page, name="docs_page"),
    path(f"{WORKSPACE}contacts/", contacts.contacts, name="contacts"),
    path(f"{WORKSPACE}contacts/contacts.csv", contacts.contacts_csv, name="contacts_csv"),
    path(f"{WORKSPACE}contacts/links/", linking.links, name="links"),
    path(f"{WORKSPACE}contacts/links/chat/new/", linking.chat_link_new, name="chat_link_new"),
    path(f"{WORKSPACE}contacts/links/chat/<slug:code>/", linking.chat_link, name="chat_link"),
    path(
        f"{WORKSPACE}contacts/links/chat/<slug:code>/delete/",
        linking.chat_link_delete,
        name="chat_link_delete",
    ),
    path(
        f"{WORKSPACE}contacts/links/account/new/",
        linking.account_link_new,
        name="account_link_new",
    ),
    path(
        f"{WORKSPACE}contacts/links/account/<uuid:uuid>/",
        linking.account_link,
        name="account_link",
    ),
    path(
        f"{WORKSPACE}contacts/links/account/<uuid:uuid>/withdraw/",
        linking.account_link_withdraw,
        name="account_link_withdraw",
    ),
    path(f"{WORKSPACE}contacts/<str:number>/", contacts.contact, name="contact"),
    path(f"{WORKSPACE}contacts/<str:number>/act/", contacts.contact_act, name="contact_act"),
    path(
        f"{WORKSPACE}inbox/<slug:handle>/<str:number>/payment/",
        payments.payment_new,
        name="payment_new",
    ),
    path(f"{WORKSPACE}payments/<uuid:uuid>/again/", payments.payment_repeat, name="payment_repeat"),
    path(f"{WORKSPACE}developers/", developers.developers, name="developers"),
    path(
        f"{WORKSPACE}developers/apps/<int:app_id>/", developers.developer_app, name="developer_app"
    ),
    path(f"{WORKSPACE}developers/apps/<int:app_id>/act/", developers.app_act, name="app_act"),
    path(
        f"{WORKSPACE}developers/apps/<int:app_id>/tokens/", developers.token_new, name="token_new"
    ),
    path(
        f"{WORKSPACE}developers/apps/<int:app_id>/webhook/",
        developers.webhook_set,
        name="webhook_set",
    ),
    path(
        f"{WORKSPACE}developers/tokens/<int:pk>/revoke/",
        developers.token_revoke,
        name="token_revoke",
    ),
    path(
        f"{WORKSPACE}developers/webhooks/<uuid:uuid>/", webhooks.webhook, name="developer_webhook"
    ),
    path(
        f"{WORKSPACE}developers/webhooks/<uuid:uuid>/act/", webhooks.webhook_act, name="webhook_act"
    ),
    path(f"{WORKSPACE}developers/logs/", api_log.api_log, name="api_log"),
    path(f"{WORKSPACE}developers/logs/<int:pk>/", api_log.api_call, name="api_call"),
    path(f"{WORKSPACE}developers/sandbox/", sandbox.sandbox, name="sandbox"),
    path(f"{WORKSPACE}developers/sandbox/<str:number>/", sandbox.sandbox_act, name="sandbox_act"),
    path(f"{WORKSPACE}analytics/", analytics.analytics, name="analytics"),
    path(f"{WORKSPACE}analytics.csv", analytics.analytics_csv, name="analytics_csv"),
    path(f"{WORKSPACE}campaigns/", campaigns.campaigns, name="campaigns"),
    path(f"{WORKSPACE}campaigns/saved/", campaigns.campaign_filters, name="campaign_filters"),
    path(f"{WORKSPACE}campaigns/new/", compose.campaign_new, name="campaign_new"),
    path(f"{WORKSPACE}campaigns/preview/", compose.campaign_preview, name="campaign_preview"),
    path(f"{WORKSPACE}campaigns/<uuid:uuid>/", campaigns.campaign, name="campaign"),
    path(f"{WORKSPACE}campaigns/<uuid:uuid>/edit/", compose.campaign_edit, name="campaign_edit"),
    path(f"{WORKSPACE}campaigns/<uuid:uuid>/act/", campaigns.campaign_act, name="campaign_act"),
    path(
        f"{WORKSPACE}campaigns/<uuid:uuid>/report.csv", campaigns.campaign_csv, name="campaign_csv"
    ),
    path(f"{WORKSPACE}templates/", templates.templates, name="templates"),
    path(f"{WORKSPACE}templates/new/", templates.template_new, name="template_new"),
    path(f"{WORKSPACE}templates/preview/", templates.template_preview, name="template_preview"),
    path(f"{WORKSPACE}templates/<int:pk>/", templates.template, name="template"),
    path(
        f"{WORKSPACE}templates/<int:pk>/delete/", templates.template_delete, name="template_delete"
    ),
]
