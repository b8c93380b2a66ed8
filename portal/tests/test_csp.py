"""The policy every page is sent with, and the one loosening."""

import json
import logging


def directives(response) -> dict[str, str]:
    policy = response.headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


def test_pages_run_only_our_own_scripts_and_styles(client, db):
    policy = directives(client.get("/account/login/"))
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"


def test_the_admin_may_have_style_attributes_and_nothing_more(client, db):
    policy = directives(client.get("/admin/"))
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["script-src"] == "'self'"


def test_a_refusal_is_logged(client, caplog):
    with caplog.at_level(logging.WARNING, "portal.csp"):
        response = client.post(
            "/csp-report/",
            json.dumps({"csp-report": {"blocked-uri": "https://evil.example\n\nfake line"}}),
            content_type="application/csp-report",
        )
    assert response.status_code == 204
    assert "evil.example" in caplog.text
    assert len(caplog.records) == 1


def test_only_the_beginning_of_a_report_is_kept(client, caplog):
    with caplog.at_level(logging.WARNING, "portal.csp"):
        client.post("/csp-report/", "x" * 100_000, content_type="application/csp-report")
    assert len(caplog.records[0].getMessage()) < 10_000
