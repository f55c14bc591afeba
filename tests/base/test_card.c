/* SPDX-License-Identifier: MIT */
/* Card numbers and security codes in any dress, and the ids that only look like them. The numbers are the
 * test numbers that the card brands publish. */
#include "tests/lib/fixture.h"

TestSuite(card, .init = test_begin, .fini = test_end);

static void assert_found(const char *const *rows, size_t count, bool wanted)
{
    for (size_t i = 0; i < count; i++) {
        cr_expect(text_holds_card_data(str_of(rows[i])) == wanted, "%s: '%s'", wanted ? "missed" : "refused",
                  rows[i]);
    }
}
#define ASSERT_ALL(rows, wanted) assert_found((rows), sizeof(rows) / sizeof((rows)[0]), (wanted))

Test(card, the_brands_test_numbers_are_found)
{
    static const char *const numbers[] = {
        "4242424242424242",    /* Visa */
        "4000056655665556",    /* Visa debit */
        "4222222222222",       /* Visa of 13 digits */
        "5555555555554444",    /* Mastercard */
        "2223003122003222",    /* Mastercard, 2-series */
        "378282246310005",     /* American Express, 15 */
        "6011111111111117",    /* Discover */
        "3056930009020004",    /* Diners Club, 16 */
        "36227206271667",      /* Diners Club, 14 */
        "3566002020360505",    /* JCB */
        "6200000000000005",    /* UnionPay */
        "6205500000000000004", /* UnionPay, 19 */
    };
    ASSERT_ALL(numbers, true);
}

Test(card, any_spacing_is_seen_through)
{
    static const char *const texts[] = {
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242  4242   4242    4242",
        "4242 - 4242 - 4242 - 4242",
        "3782 822463 10005",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "42-42-42-42-42-42-42-42",
        "4242\t4242\n4242\r\n4242",
        "4242\u00a04242\u00a04242\u00a04242", /* no-break space */
        "4242\u20134242\u20134242\u20134242", /* en dash */
        "4242\u202f4242\u30004242\u20114242",
    };
    ASSERT_ALL(texts, true);
}

/* As keyboards for Japanese, Arabic, Persian and Hindi type them. */
Test(card, digits_of_other_scripts_are_seen_through)
{
    static const char *const texts[] = {
        "\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12",
        "4242\uff0d4242\uff0d4242\uff0d\uff14\uff12\uff14\uff12",
        "\u0664\u0662\u0664\u0662 \u0664\u0662\u0664\u0662 \u0664\u0662\u0664\u0662 \u0664\u0662\u0664\u0662",
        "\u06f4\u06f2\u06f4\u06f2\u06f4\u06f2\u06f4\u06f2\u06f4\u06f2\u06f4\u06f2\u06f4\u06f2\u06f4\u06f2",
        "\u096a\u0968\u096a\u0968\u096a\u0968\u096a\u0968\u096a\u0968\u096a\u0968\u096a\u0968\u096a\u0968",
        "42424242 \uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12",
    };
    static const char *const others[] = {
        "\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff12\uff14\uff13",
        "\uff0f\uff1a\uff14\uff12\u3000\u065f\u066a\u0665 \u0645\u0631\u062d\u0628\u0627 "
        "\u0646\u0645\u0643\u0644\u0627",
    };
    ASSERT_ALL(texts, true);
    ASSERT_ALL(others, false);
}

Test(card, every_digit_is_blanked_out)
{
    char text[] = "no 42, \uff14\u0662 ab";
    text_blank_digits(text, strlen(text));
    assert_str(str_of(text), "no **, ***** ab");
}

Test(card, a_number_is_found_wherever_it_stands)
{
    static const char *const texts[] = {
        "card 4242424242424242 thanks",
        "card:4242424242424242",
        "x4242424242424242",
        "4242424242424242x",
        "(4242424242424242)",
        "\"4242424242424242\"",
        "order 12 4242424242424242",
        "order 12 4242 4242 4242 4242",
        "4242 4242 4242 4242 12/27 123",
        "2025-01-31 4242424242424242",
        "1 4242424242424242 1",
        "9999999999999999999999 4242424242424242",
        "-4242424242424242-",
        "4242424242424242.00",
        "550e8400-e29b-41d4-a716-446655440000 4242424242424242",
        "\3774242424242424242\377", /* not even UTF-8 */
    };
    ASSERT_ALL(texts, true);
}

Test(card, numbers_that_fail_the_check_or_the_length_are_let_through)
{
    static const char *const texts[] = {
        "",
        "4",
        "4242424242424241",
        "4242 4242 4242 4243",
        "424242424242",         /* 12 digits */
        "42424242424242424242", /* 20 digits in one run */
        "4242.4242.4242.4242",
        "4242_4242_4242_4242",
        "4242,4242,4242,4242",
        "4242a4242a4242a4242",
        "12345678901234567890123456789012345678901234567890",
    };
    ASSERT_ALL(texts, false);
}

Test(card, a_longer_run_of_digits_hides_no_card)
{
    /* The 16 digits pass, the run that they are part of has 20 and is something else. */
    cr_assert(!text_holds_card_data(STR("00004242424242424242")));
    cr_assert(!text_holds_card_data(STR("42424242424242420000")));
}

Test(card, ids_that_are_known_to_be_no_cards_pass)
{
    static const char *const texts[] = {
        /* Each passes Luhn's check if its digits are taken for a number. */
        "550e8400-e29b-41d4-a716-446655440006",
        "00000000-0000-0000-0000-000000000000",
        "42424242-4242-4242-4242-424242424242",
        "550E8400-E29B-41D4-A716-446655440006",
        "id=550e8400-e29b-41d4-a716-446655440006;",
        "550e8400e29b41d4a716446655440006",
        "507f1f77424242424242424a",
        "da39a3ee5e6b4b0d4242424242424242bfef95601890afd80709da39a3ee5e6b",
        "2025-03-01 - 2025-03-31",
        "2025-08-01 2025-08-31",
        "Pro, 2025-03-01 - 2025-03-31",
    };
    ASSERT_ALL(texts, false);
}

Test(card, hexadecimal_shapes_do_not_hide_a_number_of_their_own)
{
    static const char *const texts[] = {
        "42424242-4242-4242-4242", /* not a UUID: 20 digits, but its last groups make 16 */
        "abc4242424242424242",     /* 19 characters are no id */
        "x550e8400-4242424242424242",  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag 4242424242424242",
        "2025-13-31 4242424242424242",
    };
    /* The first: 42424242-4242-4242 and 4242-4242-4242 are windows of 16 and 12 digits. */
    ASSERT_ALL(texts, true);
}

Test(card, security_codes_that_are_named_are_found)
{
    static const char *const texts[] = {
        "cvv 123",
        "CVV: 123",
        "cvc:1234",
        "CVV2=123",
        "cvc2 123",
        "Cvv#123",
        "cvv123",
        "CVV-123",
        "security code 123",
        "Security Code: 1234",
        "security_code=123",
        "SecurityCode 123",
        "the cvv is 123.",
        "cvv code 123",
        "cvv number: 123",
        "card_cvc=123",
        "cardCvc:123",
        "{\"cvv\":\"123\"}",
        "cvv\t123",
        "card verification value 123",
        "card verification code: 123",
        "exp 12/27 cvv 999",
        "CVC no. 123",
    };
    ASSERT_ALL(texts, true);
}

Test(card, words_that_only_resemble_a_security_code_pass)
{
    static const char *const texts[] = {
        "cvv",
        "cvv 12",
        "cvv 12345",
        "cvv abc 123",
        "recvvd 123",
        "security code",
        "security codes 2 and 3",
        "security 123",
        "zip code 123",
        "cvv missing, order 123",
        "cvv_check=pass",
        "CSC 101",
        "cvvx 123",
        "service 123",
        "invoice 1234",
        "pm_card_cvcCheckFail",
        "cvc 2",
        "Basic, 10 days",
        "cvv 123abc",
        "cvv 12a",
    };
    ASSERT_ALL(texts, false);
}

/* The definition, tried at every start and length: slow and obvious. */
static bool naive_luhn(const char *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned d = (unsigned)(digits[count - 1 - i] - '0') * (i % 2 == 0 ? 1 : 2);
        sum += d / 10 + d % 10;
    }
    return sum % 10 == 0;
}

static bool naive_card(const char *text, size_t len)
{
    for (size_t start = 0; start < len; start++) {
        if (text[start] < '0' || text[start] > '9') continue;
        if (start > 0 && text[start - 1] >= '0' && text[start - 1] <= '9') continue;
        char digits[64];
        size_t count = 0;
        for (size_t at = start; at < len && count < sizeof(digits); at++) {
            char c = text[at];
            if (c == ' ' || c == '-') continue;
            if (c < '0' || c > '9') break;
            digits[count++] = c;
            bool group_ends = at + 1 == len || text[at + 1] < '0' || text[at + 1] > '9';
            if (group_ends && count >= 13 && count <= 19 && naive_luhn(digits, count)) return true;
        }
    }
    return false;
}

Test(card, a_name_that_a_gateway_makes_by_chance_is_told_from_what_a_person_writes)
{
    static const char *const yes[] = {"pi_49Cd4VZFHIAlX01Vz5Cvc987", "cus_NffrFeUfNV2Hib",
                                      "cs_test_a1b2c3d4e5f6g7", "pm_123456789012aa"};
    static const char *const no[] = {"",
                                     "cvc_987",
                                     "cvc987aaaaaaaaaaaaaaaaa",
                                     "_49Cd4VZFHIAlX01Vz5Cvc987",
                                     "pm_4242424242424242aa",
                                     "pm_1234567890123a",
                                     "pm_49Cd4VZFHIAl X01Vz5Cvc987",
                                     "pm_49Cd4VZFHIAl-X01Vz5Cvc987",
                                     "pm_49Cd4VZFHIAlX01_Vz5Cvc987"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        cr_assert(text_is_made_by_chance(str_of(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        cr_assert(!text_is_made_by_chance(str_of(no[i])), "%s", no[i]);
}

Test(card, agrees_with_the_definition_on_random_digits_and_blanks)
{
    struct dice dice = dice_of(20250131);
    static const char alphabet[] = "01234567890123456789012345678901234567890123456789 -x";
    size_t found = 0;
    for (int round = 0; round < 200000; round++) {
        char text[40];
        size_t len = (size_t)dice_between(&dice, 0, sizeof(text));
        for (size_t i = 0; i < len; i++) text[i] = alphabet[dice_next(&dice) % (sizeof(alphabet) - 1)];
        bool wanted = naive_card(text, len);
        found += wanted;
        cr_assert(text_holds_card_data((struct str){text, len}) == wanted, "'%.*s'", (int)len, text);
    }
    cr_assert(found > 10000, "only %zu of the texts held a number", found);
}
