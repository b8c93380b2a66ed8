"""Where the Cloud-API compatible face begins: any version or none, slashes as they come."""

from django.urls import path, re_path

from messaging.api.graph import graph
from messaging.api.links import link_follow, link_picture
from messaging.api.media import media_file

VERSION = r"(?P<version>v\d+(?:\.\d+)?)"
NODE = r"(?P<node>\d+|app|me|oauth|debug_token|message_template_library|upload:[^/]+)"

urlpatterns = [
    path("q/<slug:code>", link_follow, name="link"),
    path("q/<slug:code>.<slug:form>", link_picture, name="link_picture"),
    path("media/<str:token>", media_file, name="media_file"),
    re_path(
        rf"^(?:/*)(?:{VERSION}/+)?{NODE}(?:/+(?P<edge>[^/]+)(?:/+(?P<leaf>[^/]+))?)?/*$",
        graph,
        name="graph",
    ),
    re_path(rf"^(?:/*){VERSION}(?:/.*)?$", graph, name="graph_elsewhere"),
]
