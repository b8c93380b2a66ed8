"""The people's web inbox, under /m/."""

from django.urls import path

from messaging.inbox.views import (
    app,
    chat,
    chats,
    control,
    devices,
    door,
    linking,
    notices,
    settings,
)

urlpatterns = [
    path("welcome/", door.welcome, name="inbox_door"),
    path("in/<str:token>/", door.follow_link, name="inbox_link"),
    path("leave/", door.leave, name="inbox_leave"),
    path("", chats.chat_list, name="inbox"),
    path("sw.js", app.worker, name="inbox_worker"),
    path("app.webmanifest", app.manifest, name="inbox_manifest"),
    path("offline/", app.offline, name="inbox_offline"),
    path("waiting/", app.waiting, name="inbox_waiting"),
    path("push/", devices.push, name="inbox_push"),
    path("notices/", notices.notices, name="inbox_notices"),
    path("settings/devices/", devices.devices, name="inbox_devices"),
    path("settings/devices/out/", devices.sign_out, name="inbox_sign_out"),
    path("find/", chats.find, name="inbox_find"),
    path("c/<slug:handle>/", chat.chat, name="chat"),
    path("c/<slug:handle>/file/<int:message_id>/", chat.file, name="chat_file"),
    path("c/<slug:handle>/out/<int:message_id>/", chat.out, name="chat_out"),
    path("c/<slug:handle>/why/<int:message_id>/", control.why, name="chat_why"),
    path("c/<slug:handle>/stop/", control.stop, name="chat_stop"),
    path("c/<slug:handle>/undo/", control.undo_stop, name="chat_undo"),
    path("c/<slug:handle>/report/", control.report, name="chat_report"),
    path("link/<str:token>/", linking.link, name="link_account"),
    path("link/<str:token>/qr.<slug:form>", linking.picture, name="link_account_picture"),
    path("settings/linked/", linking.linked, name="inbox_linked"),
    path("settings/", settings.overview, name="inbox_settings"),
    path("settings/adverts/", settings.adverts, name="inbox_adverts"),
    path("settings/adverts/again/", settings.allow_again, name="inbox_unmute"),
    path("settings/data/export/", settings.export, name="inbox_export"),
    path("settings/data/delete/", settings.delete, name="inbox_delete"),
    path("settings/blocked/", settings.blocked, name="inbox_blocked"),
    path("settings/data/", settings.data, name="inbox_data"),
]
