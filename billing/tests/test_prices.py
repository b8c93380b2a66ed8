from django.test import TestCase


class PricesTests(TestCase):
    def test_anyone_reads_them_in_the_currency_of_their_country(self):
        page = self.client.get("/pricing/", headers={"Accept-Language": "pt-BR,pt;q=0.9"})
        self.assertContains(page, "R$149.00")
        self.assertContains(self.client.get("/pricing/?currency=usd&interval=year"), "a year")

    def test_nothing_on_it_asks_to_subscribe_who_has_no_business_yet(self):
        self.assertNotContains(self.client.get("/pricing/"), "<form")

    def test_a_currency_that_we_do_not_take_is_no_page(self):
        self.assertEqual(self.client.get("/pricing/?currency=xyz").status_code, 404)
