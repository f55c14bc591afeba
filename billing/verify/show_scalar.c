/* SPDX-License-Identifier: MIT */
/* show_scalar.c - single values of a plaintext as JSON: ledger/store/kinds.def says how each stands on the
 * wire. */
#include "billing/verify/msgpack.h"
#include "billing/verify/show.h"

enum { DECIMALS_MAX = 18, SECONDS_A_DAY = 86400 };

/* ---- texts ---- */

/* Control characters, and those that nobody sees or that turn the direction of writing. */
static bool is_harmful(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x115f, 0x1160},
        {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

/* The text was checked to be UTF-8. */
static uint32_t next_character(const uint8_t *at, size_t *len)
{
    uint32_t c = at[0];
    *len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (*len == 1) return c;
    c &= 0xffu >> (*len + 1);
    for (size_t i = 1; i < *len; i++) c = c << 6 | (at[i] & 0x3fu);
    return c;
}

static void show_escaped(struct buffer *out, uint32_t c)
{
    if (c < 0x10000) {
        buffer_print(out, "\\u%04x", c);
        return;
    }
    c -= 0x10000;
    buffer_print(out, "\\u%04x\\u%04x", 0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

void show_text(struct buffer *out, struct str text)
{
    buffer_add_byte(out, '"');
    for (size_t at = 0, len = 0; at < text.len; at += len) {
        uint32_t c = next_character((const uint8_t *)text.ptr + at, &len);
        if (is_harmful(c)) {
            show_escaped(out, c);
            continue;
        }
        if (c == '"' || c == '\\') buffer_add_byte(out, '\\');
        buffer_add(out, text.ptr + at, len);
    }
    buffer_add_byte(out, '"');
}

/* ---- dates; the calendar of RFC 3339, counted from the first of March so that a leap day ends a year ----
 */

static void put_date(struct buffer *out, int64_t days)
{
    int64_t day = days + 719468, era = (day >= 0 ? day : day - 146096) / 146097;
    int64_t of_era = day - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int64_t date = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    buffer_print(out, "%04jd-%02jd-%02jd", (intmax_t)(year + era * 400 + (month <= 2)), (intmax_t)month,
                 (intmax_t)date);
}

void show_date(struct buffer *out, int64_t days)
{
    buffer_add_byte(out, '"');
    put_date(out, days);
    buffer_add_byte(out, '"');
}

void show_instant(struct buffer *out, int64_t microseconds)
{
    int64_t second = microseconds / 1000000, rest = microseconds % 1000000;
    if (rest < 0) {
        rest += 1000000;
        second--;
    }
    int64_t day = second / SECONDS_A_DAY, of_day = second % SECONDS_A_DAY;
    if (of_day < 0) {
        of_day += SECONDS_A_DAY;
        day--;
    }
    buffer_add_byte(out, '"');
    put_date(out, day);
    buffer_print(out, "T%02jd:%02jd:%02jd.%06jdZ\"", (intmax_t)(of_day / 3600), (intmax_t)(of_day / 60 % 60),
                 (intmax_t)(of_day % 60), (intmax_t)rest);
}

/* ---- numbers ---- */

/* So many of its digits stand behind the point, and one at least before it. */
static void put_decimal(struct buffer *out, int64_t coefficient, uint64_t scale)
{
    char digits[48];
    size_t at = sizeof digits;
    uint64_t left = coefficient < 0 ? -(uint64_t)coefficient : (uint64_t)coefficient;
    for (uint64_t place = 0; left > 0 || place <= scale; place++) {
        if (place == scale && scale > 0) digits[--at] = '.';
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    }
    buffer_print(out, "\"%s%.*s\"", coefficient < 0 ? "-" : "", (int)(sizeof digits - at), digits + at);
}

/* Decimals of a currency; -1: nobody knows it. */
static int decimals_of(struct str code)
{
    static const struct {
        const char *code;
        int decimals;
    } currencies[] = {
#define CURRENCY(code, decimals) {#code, decimals},
#include "ledger/base/currencies.def"
#undef CURRENCY
    };
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++)
        if (str_is(code, currencies[i].code)) return currencies[i].decimals;
    return -1;
}

static bool show_money(struct buffer *out, struct bytes *from)
{
    struct bytes ahead = *from;
    struct value v = {.kind = VALUE_NIL};
    struct str code = STR_NONE;
    int64_t minor = 0;
    uint64_t items = 0;
    if (value_take(&v, &ahead) && v.kind == VALUE_NIL) {
        *from = ahead;
        buffer_print(out, "null");
        return true;
    }
    if (!take_array(&items, from) || items != 2 || !take_integer(&minor, from) || !take_text(&code, from))
        return false;
    int decimals = decimals_of(code);
    if (decimals < 0) return false;
    buffer_print(out, "{\"amount\": ");
    put_decimal(out, minor, (uint64_t)decimals);
    buffer_print(out, ", \"currency\": \"%.*s\"}", STR_ARG(code));
    return true;
}

static bool show_decimal(struct buffer *out, struct bytes *from)
{
    uint64_t items = 0, scale = 0;
    int64_t coefficient = 0;
    if (!take_array(&items, from) || items != 2 || !take_integer(&coefficient, from) ||
        !take_count(&scale, from) || scale > DECIMALS_MAX)
        return false;
    put_decimal(out, coefficient, scale);
    return true;
}

/* Form 0 is the text; of a later form only that it is sealed under a key of its own. */
static bool show_personal(struct buffer *out, struct bytes *from)
{
    struct str text = STR_NONE;
    struct value sealed = {.kind = VALUE_NIL};
    uint64_t items = 0, form = 0;
    if (!take_array(&items, from) || items < 2 || items > 8 || !take_count(&form, from)) return false;
    if (form == 0) {
        if (items != 2 || !take_text(&text, from)) return false;
        show_text(out, text);
        return true;
    }
    for (uint64_t i = 1; i < items; i++)
        if (!value_take(&sealed, from) || sealed.kind == VALUE_ARRAY) return false;
    buffer_print(out, "{\"sealed\": true}");
    return true;
}

static bool show_hash(struct buffer *out, struct bytes *from)
{
    char digits[64];
    struct bytes hash = {0};
    if (!take_bin(&hash, from) || hash.len != 32) return false;
    hex_encode(digits, hash.ptr, 32);
    buffer_print(out, "\"%.64s\"", digits);
    return true;
}

static bool show_simple(struct buffer *out, enum shape shape, struct bytes *from)
{
    struct value v = {.kind = VALUE_NIL};
    if (!value_take(&v, from)) return false;
    if (shape == SHAPE_FLAG && v.kind == VALUE_FLAG)
        buffer_print(out, "%s", v.flag ? "true" : "false");
    else if (shape == SHAPE_COUNT && v.kind == VALUE_COUNT)
        buffer_print(out, "%ju", (uintmax_t)v.count);
    else if (shape == SHAPE_STR && v.kind == VALUE_TEXT)
        show_text(out, bytes_str(v.bytes));
    else
        return false;
    return true;
}

/* A day or a moment; 0 is none. */
static bool show_time(struct buffer *out, enum shape shape, struct bytes *from)
{
    int64_t at = 0;
    if (!take_integer(&at, from)) return false;
    if (at == 0)
        buffer_print(out, "null");
    else if (shape == SHAPE_INSTANT)
        show_instant(out, at);
    else if (at < INT32_MIN || at > INT32_MAX)
        return false;
    else
        show_date(out, at);
    return true;
}

bool show_scalar(struct buffer *out, enum shape shape, struct bytes *from)
{
    switch (shape) {
    case SHAPE_FLAG:
    case SHAPE_COUNT:
    case SHAPE_STR: return show_simple(out, shape, from);
    case SHAPE_PERSONAL:
    case SHAPE_CONTACT:
    case SHAPE_COUNTED:
    case SHAPE_REGION: return show_personal(out, from);
    case SHAPE_HASH: return show_hash(out, from);
    case SHAPE_MONEY: return show_money(out, from);
    case SHAPE_DECIMAL: return show_decimal(out, from);
    case SHAPE_DATE:
    case SHAPE_INSTANT: return show_time(out, shape, from);
    case SHAPE_CHOICE:
    case SHAPE_PART:
    case SHAPE_LIST:
    case SHAPE_SINCE: break;
    }
    return false;
}
