/* SPDX-License-Identifier: MIT */
/* card.c - finds payment card numbers and security codes, so that none is ever stored or logged. It runs over
 * every text from outside, millions a minute: most texts have too few digits and leave after one pass.
 *
 * A candidate is 13 to 19 digits made of whole groups, where blanks and hyphens may stand between groups, so
 * that "order 12 4242 4242 4242 4242" is found although its digits run to 18. Any such number that passes
 * Luhn's check is refused, a numeric id that happens to pass included. Three shapes are known to be no card
 * and would be refused by chance again and again: UUIDs, long hexadecimal ids, and calendar dates. */
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/utf8.h"

enum {
    CARD_DIGITS_MIN = 13,
    CARD_DIGITS_MAX = 19,
    RING = 32, /* a power of two above CARD_DIGITS_MAX */
    SECURITY_CODE_MIN = 3,
    SECURITY_CODE_MAX = 4,
    UUID_BYTES = 36,
    DATE_BYTES = 10,
    /* Ids of document databases have 24 hexadecimal digits; digests and trace ids 32 and more. */
    HEX_ID_SHORT = 24,
    HEX_ID_LONG = 32,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_lower(c) || is_upper(c);
}

static bool is_word(char c)
{
    return is_digit(c) || is_letter(c);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char lower(char c)
{
    if (is_upper(c)) return (char)(c - 'A' + 'a');
    return c;
}

static char char_at(struct str s, size_t at)
{
    if (at < s.len) return s.ptr[at];
    return '\0';
}

static size_t word_length(struct str s, size_t at)
{
    size_t end = at;
    while (end < s.len && is_word(s.ptr[end])) end++;
    return end - at;
}

static bool is_uuid(struct str s, size_t at)
{
    if (s.len - at < UUID_BYTES || is_word(char_at(s, at + UUID_BYTES))) return false;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? s.ptr[at + i] != '-' : !is_hex(s.ptr[at + i])) return false;
    }
    return true;
}

static bool is_hex_id(struct str s, size_t at, size_t len)
{
    if (len != HEX_ID_SHORT && len < HEX_ID_LONG) return false;
    bool has_letter = false;
    for (size_t i = at; i < at + len; i++) {
        if (!is_hex(s.ptr[i])) return false;
        has_letter = has_letter || is_letter(s.ptr[i]);
    }
    return has_letter;
}

static int two_digits(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool is_calendar_date(struct str s, size_t at)
{
    if (s.len - at < DATE_BYTES || is_digit(char_at(s, at + DATE_BYTES))) return false;
    const char *date = s.ptr + at;
    for (size_t i = 0; i < DATE_BYTES; i++) {
        bool hyphen = i == 4 || i == 7;
        if (hyphen ? date[i] != '-' : !is_digit(date[i])) return false;
    }
    int century = two_digits(date), month = two_digits(date + 5), day = two_digits(date + 8);
    return century >= 19 && century <= 21 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* The length of a known harmless shape whose first character is at `at`, or 0. */
static size_t harmless_length(struct str s, size_t at)
{
    if (is_uuid(s, at)) return UUID_BYTES;
    if (is_calendar_date(s, at)) return DATE_BYTES;
    size_t len = word_length(s, at);
    return is_hex_id(s, at, len) ? len : 0;
}

/* The length of a blank or hyphen as typed or pasted, or 0. */
static size_t separator_length(struct str s, size_t at)
{
    char c = s.ptr[at];
    if (c == ' ' || c == '-' || (c >= '\t' && c <= '\r')) return 1;
    if ((unsigned char)c < 0x80) return 0;
    uint32_t character = 0;
    size_t len = utf8_next((const uint8_t *)s.ptr + at, s.len - at, &character);
    bool blank = character == 0xa0 || character == 0xad || (character >= 0x2000 && character <= 0x2015) ||
                 character == 0x202f || character == 0x205f || character == 0x2060 || character == 0x2212 ||
                 character == 0x3000 || character == 0xfeff || character == 0xff0d;
    return blank ? len : 0;
}

struct digit_run {
    size_t count; /* since the last character that is neither digit nor separator */
    uint8_t digits[RING];
    bool starts_group[RING];
};

static void run_add(struct digit_run *run, char digit, bool starts_group)
{
    size_t slot = run->count++ % RING;
    run->digits[slot] = (uint8_t)(digit - '0');
    run->starts_group[slot] = starts_group;
}

/* Luhn's sum of ISO/IEC 7812-1, taken from the right, tried at every group's start that makes 13 to 19
 * digits. */
static bool run_ends_in_card(const struct digit_run *run)
{
    size_t longest = run->count < CARD_DIGITS_MAX ? run->count : CARD_DIGITS_MAX;
    unsigned sum = 0;
    for (size_t n = 1; n <= longest; n++) {
        size_t slot = (run->count - n) % RING;
        unsigned digit = run->digits[slot];
        if (n % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
        if (n >= CARD_DIGITS_MIN && run->starts_group[slot] && sum % 10 == 0) return true;
    }
    return false;
}

/* The bytes of a digit at `at`, or 0; *value is that digit in ASCII. Keyboards for Japanese, Arabic, Persian
 * and Hindi type digits of their own. */
static size_t digit_length(char *value, struct str s, size_t at)
{
    static const uint32_t zeros[] = {0xff10, 0x660, 0x6f0, 0x966};
    uint32_t character = 0;
    *value = s.ptr[at];
    if ((unsigned char)s.ptr[at] < 0x80) return is_digit(s.ptr[at]) ? 1 : 0;
    size_t len = utf8_next((const uint8_t *)s.ptr + at, s.len - at, &character);
    for (size_t i = 0; len > 0 && i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        if (character - zeros[i] > 9) continue;
        *value = (char)('0' + (character - zeros[i]));
        return len;
    }
    return 0;
}

static bool holds_card_number(struct str s)
{
    struct digit_run run = {0};
    bool in_word = false, in_group = false;
    for (size_t at = 0; at < s.len;) {
        char c = s.ptr[at];
        size_t harmless = !in_word && is_hex(c) ? harmless_length(s, at) : 0;
        size_t digit = harmless == 0 ? digit_length(&c, s, at) : 0;
        if (digit > 0) {
            run_add(&run, c, !in_group);
            in_word = in_group = true;
            at += digit;
            continue;
        }
        if (in_group && run_ends_in_card(&run)) return true;
        size_t separator = harmless == 0 ? separator_length(s, at) : 0;
        if (separator == 0) run.count = 0;
        in_group = false;
        in_word = harmless > 0 || is_word(c);
        at += harmless > 0 ? harmless : separator > 0 ? separator : 1;
    }
    return in_group && run_ends_in_card(&run);
}

/* The end of `words` at `at`, without regard to case, or 0. A blank in `words` stands for anything up to two
 * characters that are no word: "security code", "security_code", "SecurityCode". */
static size_t words_end(struct str s, size_t at, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == ' ') {
            for (int i = 0; i < 2 && at < s.len && !is_word(s.ptr[at]); i++) at++;
        } else if (lower(char_at(s, at)) == *words) {
            at++;
        } else {
            return 0;
        }
    }
    return at;
}

static size_t any_words_end(struct str s, size_t at, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t end = words_end(s, at, list[i]);
        if (end > 0) return end;
    }
    return 0;
}

/* After the name: punctuation and small words, then three or four digits that stand alone. */
static bool code_follows(struct str s, size_t at)
{
    static const char *const small_words[] = {"is", "was", "code", "number", "num", "no", "nr", "value"};
    if (char_at(s, at) == '2' && !is_digit(char_at(s, at + 1))) at++; /* CVV2, CVC2 */
    for (int words = 0; words < 4; words++) {
        for (int i = 0; i < 8 && at < s.len && !is_word(s.ptr[at]); i++) at++;
        size_t len = word_length(s, at);
        if (len > 0 && is_digit(s.ptr[at])) {
            size_t digits = 0;
            while (digits < len && is_digit(s.ptr[at + digits])) digits++;
            return digits == len && len >= SECURITY_CODE_MIN && len <= SECURITY_CODE_MAX;
        }
        size_t end = any_words_end(s, at, small_words, sizeof(small_words) / sizeof(small_words[0]));
        if (end == 0 || end != at + len) return false;
        at = end;
    }
    return false;
}

static bool names_security_code(struct str s)
{
    static const char *const names[] = {"cvv", "cvc", "security code", "card verification"};
    for (size_t at = 0; at < s.len; at++) {
        char c = lower(s.ptr[at]);
        if (c != 'c' && c != 's') continue;
        bool inside = at > 0 && is_letter(s.ptr[at - 1]);
        if (inside && !(is_lower(s.ptr[at - 1]) && is_upper(s.ptr[at]))) continue;
        size_t end = any_words_end(s, at, names, sizeof(names) / sizeof(names[0]));
        if (end > 0 && code_follows(s, end)) return true;
    }
    return false;
}

bool text_holds_card_data(struct str s)
{
    size_t digits = 0, others = 0; /* others: first bytes of digits of other scripts, and much else */
    uint32_t letters = 0;          /* a bit for each letter seen, whatever its case */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        digits += c - (unsigned)'0' <= 9;
        others += c == 0xd9 || c == 0xdb || c == 0xe0 || c == 0xef;
        letters |= (c >> 6 & 1u) << (c & 31u);
    }
    if (digits + others < SECURITY_CODE_MIN) return false;
    if (digits + others >= CARD_DIGITS_MIN && holds_card_number(s)) return true;
    /* Every name of a security code has a C, and a V or a Y. */
    const uint32_t c_bit = 1u << ('C' & 31), vy_bits = 1u << ('V' & 31) | 1u << ('Y' & 31);
    return (letters & c_bit) != 0 && (letters & vy_bits) != 0 && names_security_code(s);
}

bool text_is_made_by_chance(struct str s)
{
    enum { CHANCE_MIN = 14 };
    size_t digits = 0, behind = 0; /* the last '_' */
    bool has_prefix = false;
    for (size_t i = 0; i < s.len; i++) {
        bool mark = s.ptr[i] == '_' && i > 0;
        digits = is_digit(s.ptr[i]) ? digits + 1 : 0;
        behind = mark ? 0 : behind + 1;
        has_prefix = has_prefix || mark;
        if ((!mark && !is_word(s.ptr[i])) || digits >= CARD_DIGITS_MIN) return false;
    }
    return has_prefix && behind >= CHANCE_MIN;
}

void text_blank_digits(char *text, size_t len)
{
    char value = 0;
    for (size_t at = 0; at < len;) {
        size_t digit = digit_length(&value, (struct str){text, len}, at);
        memset(text + at, '*', digit);
        at += digit > 0 ? digit : 1;
    }
}
