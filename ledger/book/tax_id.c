/* SPDX-License-Identifier: MIT */
/* tax_id.c - whether a tax id can be one, and of where: its form and its check digits, as the countries
 * publish them. Some kinds of numbers, mostly of persons, have check digits that are not published or not
 * simple; of these the form alone is looked at. Nobody is asked whether the number was ever given to anybody.
 */
#include "ledger/book/assess.h"

enum { TAX_ID_MIN = 2, TAX_ID_MAX = 24, WEIGHTS_MAX = 12 };

static int digit(char c)
{
    return c - '0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static int64_t number_of(struct str s)
{
    int64_t n = 0;
    for (size_t i = 0; i < s.len; i++) n = n * 10 + digit(s.ptr[i]);
    return n;
}

static struct str part(struct str s, size_t from, size_t len)
{
    return (struct str){s.ptr + from, len};
}

/* The sum of the first digits, each by its weight; a weight of 0 ends it. */
static int weighted(struct str s, const int8_t weights[WEIGHTS_MAX])
{
    int sum = 0;
    for (size_t i = 0; i < s.len && i < WEIGHTS_MAX && weights[i] != 0; i++) {
        sum += digit(s.ptr[i]) * weights[i];
    }
    return sum;
}

/* Luhn's sum of the digits, the last of which is its check digit; 0 modulo 10 is right. */
static int luhn(struct str s)
{
    int sum = 0;
    for (size_t i = 0; i < s.len; i++) {
        int doubled = digit(s.ptr[s.len - 1 - i]) * (i % 2 == 0 ? 1 : 2);
        sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10;
}

/* ---- check digits that are more than a weighted sum ---- */

static bool is_iso7064(struct str s) /* MOD 11,10: Germany, Croatia */
{
    int rest = 10;
    for (size_t i = 0; i + 1 < s.len; i++) {
        int sum = (rest + digit(s.ptr[i])) % 10;
        rest = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return (rest + digit(s.ptr[s.len - 1])) % 10 == 1;
}

static bool is_austrian(struct str s) /* U12345678: Luhn's sum turned round, and 4 more */
{
    return (luhn(part(s, 1, 7)) + digit(s.ptr[8]) + 4) % 10 == 0;
}

static bool is_belgian(struct str s)
{
    return s.ptr[0] <= '1' && (number_of(part(s, 0, 8)) + number_of(part(s, 8, 2))) % 97 == 0;
}

static bool is_bulgarian(struct str s) /* of companies; persons have ten digits */
{
    static const int8_t first[WEIGHTS_MAX] = {1, 2, 3, 4, 5, 6, 7, 8},
                        second[WEIGHTS_MAX] = {3, 4, 5, 6, 7, 8, 9, 10};
    if (s.len != 9) return true;
    int rest = weighted(s, first) % 11;
    if (rest == 10) rest = weighted(s, second) % 11 % 10;
    return rest == digit(s.ptr[8]);
}

static bool is_cypriot(struct str s)
{
    static const int odd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
    int sum = 0;
    for (size_t i = 0; i < 8; i++) sum += i % 2 == 0 ? odd[digit(s.ptr[i])] : digit(s.ptr[i]);
    return s.ptr[8] == 'A' + sum % 26;
}

static bool is_czech(struct str s) /* of companies; persons have nine or ten digits */
{
    static const int8_t weights[WEIGHTS_MAX] = {8, 7, 6, 5, 4, 3, 2};
    if (s.len != 8) return true;
    int check = 11 - weighted(s, weights) % 11; /* 1 to 11, of which 10 is written 0 and 11 is written 1 */
    return s.ptr[0] != '9' && digit(s.ptr[7]) == (check == 11 ? 1 : check % 10);
}

static bool is_greek(struct str s)
{
    int sum = 0;
    for (size_t i = 0; i < 8; i++) sum = sum * 2 + digit(s.ptr[i]);
    return sum * 2 % 11 % 10 == digit(s.ptr[8]);
}

static bool is_dni(struct str digits, char letter)
{
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number_of(digits) % 23] == letter;
}

static bool is_spanish(struct str s) /* a person's DNI, a foreigner's NIE, a company's CIF */
{
    char first = s.ptr[0], last = s.ptr[8];
    struct str digits = part(s, 1, 7);
    if (is_digit(first)) return is_dni(part(s, 0, 8), last);
    if (first == 'K' || first == 'L' || first == 'M') return is_dni(digits, last);
    if (first >= 'X') {
        char plain[8] = {(char)('0' + (first - 'X'))};
        memcpy(plain + 1, digits.ptr, digits.len);
        return is_dni((struct str){plain, sizeof plain}, last);
    }
    char with_zero[8] = {0};
    memcpy(with_zero, digits.ptr, digits.len);
    with_zero[7] = '0';
    int check = (10 - luhn((struct str){with_zero, sizeof with_zero})) % 10;
    return last == '0' + check || last == "JABCDEFGHI"[check];
}

static bool is_french(
    struct str s) /* two characters of check, and the SIREN; Monaco has a number of its own */
{
    struct str siren = part(s, 2, 9);
    bool monaco = str_starts(siren, "000");
    if (!monaco && luhn(siren) != 0) return false;
    if (!is_digit(s.ptr[0]) || !is_digit(s.ptr[1])) return true;
    return number_of(part(s, 0, 2)) == (number_of(siren) * 100 + 12) % 97;
}

static bool is_irish(struct str s) /* the check letter is the eighth; a letter behind it counts nine times */
{
    static const int8_t weights[WEIGHTS_MAX] = {8, 7, 6, 5, 4, 3, 2};
    static const char letters[] = "WABCDEFGHIJKLMNOPQRSTUV";
    char plain[7];
    int behind = 0;
    memcpy(plain, s.ptr, sizeof plain);
    if (!is_digit(plain[1])) { /* before 2013 the second could be a letter: the first goes to the end */
        plain[0] = '0';
        memmove(plain + 1, s.ptr + 2, 5);
        plain[6] = s.ptr[0];
    }
    if (s.len == 9) {
        const char *at = strchr(letters, s.ptr[8]);
        if (at == NULL) return false;
        behind = (int)(at - letters);
    }
    int sum = weighted((struct str){plain, sizeof plain}, weights) + 9 * behind;
    return letters[sum % 23] == s.ptr[7];
}

static bool is_italian(struct str s)
{
    return luhn(s) == 0;
}

static bool is_lithuanian(struct str s)
{
    int first = 0, second = 0;
    for (size_t i = 0; i + 1 < s.len; i++) {
        first += digit(s.ptr[i]) * (1 + (int)i % 9);
        second += digit(s.ptr[i]) * (1 + ((int)i + 2) % 9);
    }
    int check = first % 11 == 10 ? second % 11 % 10 : first % 11;
    return s.ptr[s.len - 2] == '1' && check == digit(s.ptr[s.len - 1]);
}

static bool is_luxembourgish(struct str s)
{
    return number_of(part(s, 0, 6)) % 89 == number_of(part(s, 6, 2));
}

static bool is_latvian(struct str s) /* of companies; those of persons begin with the day of birth */
{
    static const int8_t weights[WEIGHTS_MAX] = {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1};
    return s.ptr[0] <= '3' || weighted(s, weights) % 11 == 3;
}

static bool is_dutch(
    struct str s) /* 123456789B01: of companies modulo 11, of sole traders since 2020 modulo 97 */
{
    static const int8_t weights[WEIGHTS_MAX] = {9, 8, 7, 6, 5, 4, 3, 2, -1};
    if (weighted(s, weights) % 11 == 0) return true;
    int64_t whole = 2321; /* NL, letters count from A = 10 */
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        whole = (is_digit(c) ? whole * 10 + digit(c) : whole * 100 + (c - 'A' + 10)) % 97;
    }
    return whole == 1;
}

static bool is_portuguese(struct str s)
{
    static const int8_t weights[WEIGHTS_MAX] = {9, 8, 7, 6, 5, 4, 3, 2};
    return s.ptr[0] != '0' && (11 - weighted(s, weights) % 11) % 11 % 10 == digit(s.ptr[8]);
}

static bool is_romanian(struct str s)
{
    static const int8_t weights[] = {2, 3, 5, 7, 1, 2, 3, 5, 7}; /* from the end */
    int sum = 0;
    for (size_t i = 1; i < s.len; i++) sum += digit(s.ptr[s.len - 1 - i]) * weights[i - 1];
    return s.ptr[0] != '0' && sum * 10 % 11 % 10 == digit(s.ptr[s.len - 1]);
}

static bool is_swedish(struct str s)
{
    return luhn(part(s, 0, 10)) == 0;
}

static bool is_slovenian(struct str s)
{
    static const int8_t weights[WEIGHTS_MAX] = {8, 7, 6, 5, 4, 3, 2};
    int check = 11 - weighted(s, weights) % 11;
    return s.ptr[0] != '0' && check != 11 && check % 10 == digit(s.ptr[7]);
}

static bool is_slovak(struct str s)
{
    return number_of(s) % 11 == 0;
}

static bool is_british(struct str s) /* GD and HA are of government and health */
{
    static const int8_t weights[WEIGHTS_MAX] = {8, 7, 6, 5, 4, 3, 2, 10, 1};
    if (s.len == 5) return s.ptr[0] == 'G' ? s.ptr[2] < '5' : s.ptr[2] >= '5';
    int rest = weighted(s, weights) % 97; /* 42 and 55 in numbers given since 2010 */
    return rest == 0 || rest == 42 || rest == 55;
}

/* ---- the table ---- */

/* In a form # is a digit, @ a letter, * either, ? a digit that may be missing (at its beginning); anything
 * else stands for itself. Where there is no function, the weighted sum must leave nothing. */
struct tax_id_kind {
    const char *prefix, *country;
    const char *forms[4];
    const char *shape; /* in words */
    bool (*fits)(struct str s);
    int8_t weights[WEIGHTS_MAX];
    int8_t modulus;
};

/* clang-format off */
static const struct tax_id_kind kinds[] = {
    /* the member states of the EU */
    {"AT", "AT", {"U########"}, "U and 8 digits", is_austrian, {0}, 0},
    {"BE", "BE", {"##########"}, "10 digits", is_belgian, {0}, 0},
    {"BG", "BG", {"#########", "##########"}, "9 or 10 digits", is_bulgarian, {0}, 0},
    {"CY", "CY", {"########@"}, "8 digits and a letter", is_cypriot, {0}, 0},
    {"CZ", "CZ", {"########", "#########", "##########"}, "8 to 10 digits", is_czech, {0}, 0},
    {"DE", "DE", {"#########"}, "9 digits", is_iso7064, {0}, 0},
    {"DK", "DK", {"########"}, "8 digits", NULL, {2, 7, 6, 5, 4, 3, 2, 1}, 11},
    {"EE", "EE", {"#########"}, "9 digits", NULL, {3, 7, 1, 3, 7, 1, 3, 7, 1}, 10},
    {"EL", "GR", {"#########"}, "9 digits", is_greek, {0}, 0},
    {"ES", "ES", {"*#######*"}, "9 characters, of which the middle 7 are digits", is_spanish, {0}, 0},
    {"FI", "FI", {"########"}, "8 digits", NULL, {7, 9, 10, 5, 8, 4, 2, 1}, 11},
    {"FR", "FR", {"**#########"}, "2 characters and 9 digits", is_french, {0}, 0},
    {"HR", "HR", {"###########"}, "11 digits", is_iso7064, {0}, 0},
    {"HU", "HU", {"########"}, "8 digits", NULL, {9, 7, 3, 1, 9, 7, 3, 1}, 10},
    {"IE", "IE", {"#######@", "#######@@", "#@#####@"}, "7 digits and 1 or 2 letters", is_irish, {0}, 0},
    {"IT", "IT", {"###########"}, "11 digits", is_italian, {0}, 0},
    {"LT", "LT", {"#########", "############"}, "9 or 12 digits", is_lithuanian, {0}, 0},
    {"LU", "LU", {"########"}, "8 digits", is_luxembourgish, {0}, 0},
    {"LV", "LV", {"###########"}, "11 digits", is_latvian, {0}, 0},
    {"MT", "MT", {"########"}, "8 digits", NULL, {3, 4, 6, 7, 8, 9, 10, 1}, 37},
    {"NL", "NL", {"#########B##"}, "9 digits, B and 2 digits", is_dutch, {0}, 0},
    {"PL", "PL", {"##########"}, "10 digits", NULL, {6, 5, 7, 2, 3, 4, 5, 6, 7, -1}, 11},
    {"PT", "PT", {"#########"}, "9 digits", is_portuguese, {0}, 0},
    {"RO", "RO", {"????????##"}, "2 to 10 digits", is_romanian, {0}, 0},
    {"SE", "SE", {"############"}, "12 digits", is_swedish, {0}, 0},
    {"SI", "SI", {"########"}, "8 digits", is_slovenian, {0}, 0},
    {"SK", "SK", {"##########"}, "10 digits", is_slovak, {0}, 0},
    /* and others */
    {"XI", "XI", {"#########", "############", "GD###", "HA###"}, "9 or 12 digits, or GD or HA and 3", is_british, {0}, 0},
    {"GB", "GB", {"#########", "############", "GD###", "HA###"}, "9 or 12 digits, or GD or HA and 3", is_british, {0}, 0},
    {"CHE", "CH", {"#########", "#########MWST", "#########TVA", "#########IVA"}, "9 digits, and MWST, TVA or IVA", NULL,
     {5, 4, 3, 2, 7, 6, 5, 4, 1}, 11},
    {"NO", "NO", {"#########", "#########MVA"}, "9 digits, and MVA", NULL, {3, 2, 7, 6, 5, 4, 3, 2, 1}, 11},
    {"US", "US", {"#########"}, "9 digits", NULL, {0}, 0},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], EU_KINDS = 27 };
/* clang-format on */

static bool has_form(struct str s, const char *form)
{
    size_t len = strlen(form);
    while (*form == '?' && s.len < len) {
        form++;
        len--;
    }
    if (s.len != len) return false;
    for (size_t i = 0; i < len; i++) {
        char c = s.ptr[i], want = form[i];
        bool fits = want == '#' || want == '?' ? is_digit(c)
                    : want == '@'              ? is_letter(c)
                    : want == '*'              ? is_digit(c) || is_letter(c)
                                               : c == want;
        if (!fits) return false;
    }
    return true;
}

static enum err check_kind(const struct tax_id_kind *k, struct str s, struct error *e)
{
    bool formed = false;
    for (size_t i = 0; i < sizeof k->forms / sizeof k->forms[0] && k->forms[i] != NULL; i++) {
        formed = formed || has_form(s, k->forms[i]);
    }
    if (!formed)
        return fail(e, ERR_INVALID, "tax_id: after '%s' another form is wanted: %s", k->prefix, k->shape);
    bool right = k->fits != NULL ? k->fits(s) : k->modulus == 0 || weighted(s, k->weights) % k->modulus == 0;
    return right ? OK
                 : fail(e, ERR_INVALID, "tax_id: the check digits of a number of '%s' are wrong", k->prefix);
}

static const struct tax_id_kind *kind_of_country(struct str country)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (country.len > 0 && str_is(country, kinds[i].country)) return &kinds[i];
    }
    return NULL;
}

static const struct tax_id_kind *kind_by_prefix(struct str s)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (str_starts(s, kinds[i].prefix)) return &kinds[i];
    }
    return NULL;
}

/* Capitals and digits alone. */
static enum err compact(char *to, size_t *len, struct str tax_id, struct error *e)
{
    *len = 0;
    for (size_t i = 0; i < tax_id.len; i++) {
        char c = tax_id.ptr[i];
        if (c == ' ' || c == '.' || c == '-' || c == '/') continue;
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        if (!is_digit(c) && !is_letter(c))
            return fail(e, ERR_INVALID, "tax_id: it holds something else than letters and digits");
        if (*len == TAX_ID_MAX) return fail(e, ERR_INVALID, "tax_id: more than %d characters", TAX_ID_MAX);
        to[(*len)++] = c;
    }
    return *len >= TAX_ID_MIN ? OK : fail(e, ERR_INVALID, "tax_id: fewer than %d characters", TAX_ID_MIN);
}

enum err tax_id_check(struct str tax_id, struct str country, struct error *e)
{
    char plain[TAX_ID_MAX];
    struct str s = {plain, 0};
    if (tax_id.len == 0) return OK;
    enum err err = compact(plain, &s.len, tax_id, e);
    if (err != OK) return err;
    const struct tax_id_kind *own = kind_of_country(country), *named = kind_by_prefix(s);
    if (own == NULL && country.len > 0) return OK; /* elsewhere the same letters may mean something else */
    if (named == NULL && own == NULL) return OK;
    if (named == NULL) return check_kind(own, s, e);
    /* Who has a number of another country gives its prefix; and a number without prefix may begin like one.
     */
    struct error other = {0};
    size_t prefix = strlen(named->prefix);
    err = check_kind(named, part(s, prefix, s.len - prefix), e);
    return err != OK && own != NULL && check_kind(own, s, &other) == OK ? OK : err;
}

/* As tax_id_check reads it: the number of another country has its prefix, and one without may begin like it.
 */
static const struct tax_id_kind *kind_of_id(struct str tax_id, struct str country)
{
    char plain[TAX_ID_MAX];
    struct str s = {plain, 0};
    struct error e = {0};
    const struct tax_id_kind *own = kind_of_country(country);
    if (compact(plain, &s.len, tax_id, &e) != OK) return own;
    const struct tax_id_kind *named = kind_by_prefix(s);
    if (named == NULL) return own;
    size_t prefix = strlen(named->prefix);
    return check_kind(named, part(s, prefix, s.len - prefix), &e) == OK ? named : own;
}

struct str tax_id_country(struct str tax_id, struct str country)
{
    const struct tax_id_kind *k = kind_of_id(tax_id, country);
    if (k == NULL) return country;
    return strcmp(k->country, "XI") == 0 ? STR("GB") : str_of(k->country);
}

struct str vat_number(struct arena *a, struct str tax_id, struct str country)
{
    char plain[TAX_ID_MAX];
    struct str s = {plain, 0};
    struct error e = {0};
    const struct tax_id_kind *k = kind_of_id(tax_id, country);
    if (k == NULL || strcmp(k->country, "US") == 0 || compact(plain, &s.len, tax_id, &e) != OK)
        return STR_NONE;
    size_t prefix = str_starts(s, k->prefix) ? strlen(k->prefix) : 0;
    struct str rest = part(s, prefix, s.len - prefix);
    /* A number without prefix may begin like one. */
    if (prefix > 0 && check_kind(k, rest, &e) != OK) rest = s;
    return str_format(a, "%s%.*s", k->prefix, STR_ARG(rest));
}

bool country_is_in_eu(struct str country)
{
    const struct tax_id_kind *k = kind_of_country(country);
    return k != NULL && k < kinds + EU_KINDS;
}
