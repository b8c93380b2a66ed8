import ffx
from django.test import SimpleTestCase

from portal.base.pairwise import pairwise_number, person_of, user_id, wa_id

KEY_128 = "2B7E151628AED2A6ABF7158809CF4F3C"
KEY_192 = KEY_128 + "EF4359D8D580AA4F"
KEY_256 = KEY_192 + "7F036D6F04FC6A94"
SHORT, LONG = "0123456789", "0123456789abcdefghi"
TWEAK, LONG_TWEAK = "39383736353433323130", "3737373770717273373737"

# NIST, "Block Cipher Modes of Operation: FF1 samples" (csrc.nist.gov, SP 800-38G examples).
SAMPLES = [
    (KEY_128, 10, "", SHORT, "2433477484"),
    (KEY_128, 10, TWEAK, SHORT, "6124200773"),
    (KEY_128, 36, LONG_TWEAK, LONG, "a9tv40mll9kdu509eum"),
    (KEY_192, 10, "", SHORT, "2830668132"),
    (KEY_192, 10, TWEAK, SHORT, "2496655549"),
    (KEY_192, 36, LONG_TWEAK, LONG, "xbj3kv35jrawxv32ysr"),
    (KEY_256, 10, "", SHORT, "6657667009"),
    (KEY_256, 10, TWEAK, SHORT, "1001623463"),
    (KEY_256, 36, LONG_TWEAK, LONG, "xs8a0azh2avyalyzuwd"),
]
ACME, ELSEWHERE = 111_111_111_111_111, 222_222_222_222_222
PEOPLE = 200_000


class CipherTests(SimpleTestCase):
    def test_it_encrypts_nists_samples(self):
        for key, radix, tweak, plain, expected in SAMPLES:
            with self.subTest(key=key, radix=radix, tweak=tweak):
                cipher = ffx.FF1(bytes.fromhex(key), radix=radix)
                self.assertEqual(cipher.encrypt(plain, tweak=bytes.fromhex(tweak)), expected)
                self.assertEqual(cipher.decrypt(expected, tweak=bytes.fromhex(tweak)), plain)


class PairwiseNumberTests(SimpleTestCase):
    def test_two_businesses_share_nobodys_number_and_none_has_one_twice(self):
        acme = [pairwise_number(ACME, person) for person in range(PEOPLE)]
        elsewhere = [pairwise_number(ELSEWHERE, person) for person in range(PEOPLE)]
        self.assertEqual(len(set(acme)), PEOPLE)
        self.assertEqual(len(set(elsewhere)), PEOPLE)
        shared = sum(one == other for one, other in zip(acme, elsewhere, strict=True))
        self.assertEqual(shared, 0)

    def test_it_comes_back_however_it_was_written(self):
        number = pairwise_number(ACME, 42)
        for written in (number, wa_id(number), user_id(number)):
            self.assertEqual(person_of(ACME, written), 42)
        self.assertNotEqual(person_of(ELSEWHERE, number), 42)

    def test_what_is_no_number_is_nobody(self):
        for written in ("", "5511999990000", "ZZ.123", "9" * 12, "ZZ.٣٣٣٣٣٣٣٣٣٣٣٣", "1" * 40):
            self.assertIsNone(person_of(ACME, written), written)
