"""The contract check itself: what is right passes, what is wrong is named."""

import pytest
import stripe

from billing.tests.contract.client import ContractClient, ContractError, check


class Unsent(ContractClient):
    """Checks, but sends nothing."""

    def request(self, method, url, headers, post_data=None):
        check(method.lower(), url, post_data or "")
        return '{"id": "x", "object": "x"}', 200, {}


@pytest.fixture
def ask():
    return stripe.StripeClient("sk_test_x", http_client=Unsent(), max_network_retries=0).v1


def test_a_misspelt_key_is_caught_at_the_first_level(ask):
    with pytest.raises(ContractError, match=r"\.succes_url: unknown"):
        ask.checkout.sessions.create({"mode": "subscription", "succes_url": "http://x"})


def test_a_misspelt_key_is_caught_three_levels_down(ask):
    with pytest.raises(ContractError, match=r"end_behavior.missing_payment: unknown"):
        ask.checkout.sessions.create(
            {
                "mode": "subscription",
                "subscription_data": {
                    "trial_settings": {"end_behavior": {"missing_payment": "cancel"}}
                },
            }
        )


def test_a_wrong_enum_is_caught(ask):
    with pytest.raises(ContractError, match="'subscribe' is none of"):
        ask.checkout.sessions.create({"mode": "subscribe"})


def test_a_word_for_a_number_is_caught(ask):
    with pytest.raises(ContractError, match="'many' is no integer"):
        ask.subscriptions.update("sub_1", {"items": [{"id": "si_1", "quantity": "many"}]})


def test_a_missing_parameter_is_caught(ask):
    with pytest.raises(ContractError, match=r"\.type: required"):
        ask.account_links.create({"account": "acct_1"})


def test_an_unknown_query_parameter_is_caught(ask):
    with pytest.raises(ContractError, match=r"\.lookup_key: unknown"):
        ask.prices.list({"lookup_key": "x"})


def test_what_left_the_api_is_caught(ask):
    client = stripe.StripeClient("sk_test_x", http_client=Unsent(), max_network_retries=0)
    with pytest.raises(ContractError, match=r"\.customer: unknown"):
        client.raw_request("get", "/v1/invoices/upcoming", customer="cus_1")
    with pytest.raises(ContractError, match="not in Stripe's API"):
        client.raw_request("post", "/v1/subscription_items/si_1/usage_records", quantity=3)


def test_what_is_right_passes(ask):
    ask.subscriptions.update("sub_1", {"cancel_at_period_end": True})
    ask.events.list({"created": {"gte": 1790000000}, "limit": 100})
    ask.invoices.create_preview(
        {
            "subscription": "sub_1",
            "subscription_details": {"items": [{"id": "si_1", "price": "price_1"}]},
        }
    )
