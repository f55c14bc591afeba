/* SPDX-License-Identifier: MIT */
/* schema.c - the canonical bytes of a struct described by data: writing them and reading them back. Whatever
 * put_* would not have written, take_* refuses; so equal records have equal bytes, and bytes have one
 * reading. Reading allocates nothing but the items of lists, and those only after their number was held
 * against the bytes that are left. */
#include "ledger/store/schema.h"
#include "ledger/store/msgpack.h"
#include "ledger/store/schema_walk.h"

enum {
    FORM_TEXT = 0, /* of a personal text: the text itself */
    FORM_SEALED = 1,
    PAIR = 2, /* items of [form, text], [minor, currency] and [coefficient, scale] */
    CURRENCY_LETTERS = 3,
};

static const int64_t coefficient_end = 1000000000000000000; /* 10 to the power of LIMIT_DECIMAL_DIGITS */
_Static_assert(LIMIT_DECIMAL_DIGITS == 18, "coefficient_end must follow");

static bool decimal_is_normal(struct decimal d)
{
    if (d.coefficient <= -coefficient_end || d.coefficient >= coefficient_end) return false;
    return d.scale == 0 || (d.scale <= LIMIT_DECIMAL_SCALE && d.coefficient % 10 != 0);
}

/* ---- whose a text is ---- */

/* The records around a place, innermost first; they live on the stack of whoever walks. */
struct around {
    const struct around *up;
    const struct schema *schema;
    const void *record;
    size_t field; /* that is being walked */
};

static uint64_t owner_of(const struct around *at)
{
    for (; at != NULL; at = at->up) {
        const struct field *f = schema_field(at->schema, STR("customer"));
        if (f == NULL || f->kind != KIND_COUNT) continue;
        uint64_t customer = 0;
        memcpy(&customer, field_at(f, at->record), sizeof customer);
        return customer;
    }
    return 0;
}

static void way_add(struct personal_place *out, const void *bytes, size_t len)
{
    assert(out->way_len + len <= sizeof out->way);
    memcpy(out->way + out->way_len, bytes, len);
    out->way_len += len;
}

static void way_to(struct personal_place *out, const struct around *at)
{
    if (at->up == NULL)
        way_add(out, at->schema->name, strlen(at->schema->name) + 1);
    else
        way_to(out, at->up);
    uint8_t number = (uint8_t)at->field;
    assert(at->field <= UINT8_MAX);
    way_add(out, &number, 1);
}

static struct personal_place place_of(const struct around *at, enum kind kind)
{
    struct personal_place p = {.customer = owner_of(at), .kind = kind};
    if (p.customer != 0) way_to(&p, at);
    return p;
}

/* ---- forms ---- */

static bool is_nothing(const struct field *f, const void *record);

static bool are_nothing(const struct field *first, const struct field *end, const void *record)
{
    for (const struct field *f = first; f < end; f++) {
        if (!is_nothing(f, record)) return false;
    }
    return true;
}

/* What a field is when nobody has set it. */
static bool is_nothing(const struct field *f, const void *record)
{
    static const struct hash none = {{0}};
    const void *from = field_at(f, record);
    size_t count = 0;
    switch (f->kind) {
    case KIND_FLAG: return !*(const bool *)from;
    case KIND_COUNT: return *(const uint64_t *)from == 0;
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: return ((const struct str *)from)->len == 0;
    case KIND_HASH: return memcmp(from, &none, sizeof(none)) == 0;
    case KIND_MONEY: return !money_is_given(*(const struct money *)from);
    case KIND_DECIMAL: return ((const struct decimal *)from)->coefficient == 0;
    case KIND_DATE: return ((const struct date *)from)->days == 0;
    case KIND_INSTANT: return ((const struct instant *)from)->us == 0;
    case KIND_CHOICE: return *(const int *)from == 0;
    case KIND_LIST: return list_get(f, record).count == 0;
    case KIND_PART: break;
    }
    const struct field *fields = schema_fields(f->of, &count);
    return are_nothing(fields, fields + count, from);
}

/* How many fields are written: those of the earliest form that says all. */
static size_t fields_told(const struct schema *s, const struct field *fields, size_t count,
                          const void *record)
{
    for (size_t form = s->forms; form > 1; form--) {
        size_t before = count - s->growth[form - 1];
        if (!are_nothing(fields + before, fields + count, record)) break;
        count = before;
    }
    return count;
}

/* ---- encode ---- */

struct putting {
    struct buffer *out;
    struct personal *personal; /* NULL: no text is sealed */
    const struct around *at;
};

static void put_record(struct putting *p, const struct schema *s, const void *record, unsigned depth);

static inline void put_text(struct buffer *out, const struct str *text)
{
    assert(text_is_utf8(*text));
    mp_put_str(out, *text);
}

static inline void put_plain(struct buffer *out, const struct str *text)
{
    mp_put_array(out, PAIR);
    mp_put_uint(out, FORM_TEXT);
    put_text(out, text);
}

static void put_personal(struct putting *p, enum kind kind, const struct str *text)
{
    struct personal_place at = {.customer = 0};
    if (p->personal != NULL && text->len > 0) at = place_of(p->at, kind);
    if (at.customer == 0) {
        put_plain(p->out, text);
        return;
    }
    assert(text_is_utf8(*text));
    mp_put_array(p->out, PAIR);
    mp_put_uint(p->out, FORM_SEALED);
    mp_put_bin(p->out, p->personal->seal(p->personal, &at, *text));
}

static inline void put_money(struct buffer *out, const struct money *m)
{
    if (!money_is_given(*m)) {
        assert(m->minor == 0);
        mp_put_nil(out);
        return;
    }
    assert(currency_decimals(m->currency) >= 0);
    assert(m->minor != INT64_MIN);
    mp_put_array(out, PAIR);
    mp_put_int(out, m->minor);
    mp_put_str(out, (struct str){m->currency, CURRENCY_LETTERS});
}

static inline void put_decimal(struct buffer *out, const struct decimal *d)
{
    assert(decimal_is_normal(*d));
    mp_put_array(out, PAIR);
    mp_put_int(out, d->coefficient);
    mp_put_uint(out, d->scale);
}

static inline void put_choice(struct buffer *out, const struct field *f, int value)
{
    assert(value >= 0);
    assert((size_t)value < f->choice->count);
    mp_put_uint(out, (uint64_t)value);
}

static void put_list(struct putting *p, const struct field *f, const void *record, unsigned depth)
{
    struct list l = list_get(f, record);
    mp_put_array(p->out, l.count);
    for (size_t i = 0; i < l.count; i++) put_record(p, f->of, list_item(f, l, i), depth + 1);
}

static inline void put_field(struct putting *p, const struct field *f, const void *record, unsigned depth)
{
    struct buffer *out = p->out;
    const void *from = field_at(f, record);
    switch (f->kind) {
    case KIND_FLAG: mp_put_bool(out, *(const bool *)from); break;
    case KIND_COUNT: mp_put_uint(out, *(const uint64_t *)from); break;
    case KIND_STR: put_text(out, from); break;
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED: put_personal(p, f->kind, from); break;
    case KIND_REGION: put_plain(out, from); break;
    case KIND_HASH:
        mp_put_bin(out, (struct bytes){((const struct hash *)from)->bytes, sizeof(struct hash)});
        break;
    case KIND_MONEY: put_money(out, from); break;
    case KIND_DECIMAL: put_decimal(out, from); break;
    case KIND_DATE: mp_put_int(out, ((const struct date *)from)->days); break;
    case KIND_INSTANT: mp_put_int(out, ((const struct instant *)from)->us); break;
    case KIND_CHOICE: put_choice(out, f, *(const int *)from); break;
    case KIND_PART: put_record(p, f->of, from, depth + 1); break;
    case KIND_LIST: put_list(p, f, record, depth + 1); break;
    }
}

static void put_record(struct putting *p, const struct schema *s, const void *record, unsigned depth)
{
    assert(depth <= RECORD_DEPTH);
    struct around at = {p->at, s, record, 0};
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    count = fields_told(s, fields, count, record);
    mp_put_array(p->out, count);
    p->at = &at;
    for (at.field = 0; at.field < count; at.field++) put_field(p, fields + at.field, record, depth);
    p->at = at.up;
}

void schema_encode_sealed(struct buffer *out, const struct schema *s, const void *record, struct personal *p)
{
    put_record(&(struct putting){out, p, NULL}, s, record, 1);
}

void schema_encode(struct buffer *out, const struct schema *s, const void *record)
{
    schema_encode_sealed(out, s, record, NULL);
}

/* ---- decode ---- */

struct taking {
    struct bytes in;
    struct personal *personal;
    struct arena *arena;
    struct error *e;
    const struct around *at;
};

static enum err take_record(struct taking *t, const struct schema *s, void *record, const struct place *where,
                            unsigned depth);

static enum err refuse(struct taking *t, const struct place *where, const char *why)
{
    (void)fail(t->e, ERR_TAMPERED, "%s", why);
    return wrap_place(t->e, where);
}

static inline enum err take_text(struct taking *t, struct str *out)
{
    if (!mp_take_str(out, &t->in)) return fail(t->e, ERR_TAMPERED, "not a text");
    if (!text_is_utf8(*out)) return fail(t->e, ERR_TAMPERED, "the text is not valid UTF-8");
    return OK;
}

static inline bool take_pair(struct taking *t)
{
    size_t count = 0;
    return mp_take_array(&count, &t->in) && count == PAIR;
}

static enum err take_sealed(struct taking *t, enum kind kind, struct str *out)
{
    struct bytes sealed = {0};
    if (!mp_take_bin(&sealed, &t->in)) return fail(t->e, ERR_TAMPERED, "not a sealed text");
    struct personal_place at = place_of(t->at, kind);
    if (t->personal == NULL || at.customer == 0)
        return fail(t->e, ERR_TAMPERED, "a text is sealed that belongs to no customer");
    enum err err = t->personal->open(t->personal, out, &at, sealed, t->arena, t->e);
    if (err != OK) return err;
    if (out->len == 0 || !text_is_utf8(*out))
        return fail(t->e, ERR_TAMPERED, "the sealed text is empty or not valid UTF-8");
    return OK;
}

static enum err take_personal(struct taking *t, enum kind kind, struct str *out)
{
    uint64_t form = 0;
    if (!take_pair(t) || !mp_take_uint(&form, &t->in)) return fail(t->e, ERR_TAMPERED, "not a personal text");
    if (form == FORM_SEALED && kind != KIND_REGION) return take_sealed(t, kind, out);
    if (form != FORM_TEXT)
        return fail(t->e, ERR_TAMPERED, "personal text of unknown form %ju", (uintmax_t)form);
    enum err err = take_text(t, out);
    bool told = t->personal != NULL && t->personal->plain != NULL && kind != KIND_REGION;
    if (err != OK || !told || out->len == 0) return err;
    struct personal_place at = place_of(t->at, kind);
    if (at.customer != 0) t->personal->plain(t->personal, out, &at, t->arena);
    return err;
}

static enum err take_currency(struct taking *t, char currency[4])
{
    struct str code = {0};
    if (!mp_take_str(&code, &t->in)) return fail(t->e, ERR_TAMPERED, "the currency is not a text");
    bool letters = code.len == CURRENCY_LETTERS;
    for (size_t i = 0; letters && i < code.len; i++) letters = code.ptr[i] >= 'A' && code.ptr[i] <= 'Z';
    if (!letters) {
        struct str shown = text_quotable(code);
        return fail(t->e, ERR_TAMPERED, "currency '%.*s' is not three letters", STR_ARG(shown));
    }
    memcpy(currency, code.ptr, CURRENCY_LETTERS);
    if (currency_decimals(currency) >= 0) return OK;
    return fail(t->e, ERR_TAMPERED, "currency '%s' is not known", currency);
}

/* `out` is zero beforehand, which is what nil stands for. */
static enum err take_money(struct taking *t, struct money *out)
{
    if (mp_take_nil(&t->in)) return OK;
    if (!take_pair(t) || !mp_take_int(&out->minor, &t->in))
        return fail(t->e, ERR_TAMPERED, "not an amount of money");
    if (out->minor == INT64_MIN) return fail(t->e, ERR_TAMPERED, "the amount is beyond what money can be");
    return take_currency(t, out->currency);
}

static enum err take_decimal(struct taking *t, struct decimal *out)
{
    uint64_t scale = 0;
    if (!take_pair(t) || !mp_take_int(&out->coefficient, &t->in) || !mp_take_uint(&scale, &t->in)) {
        return fail(t->e, ERR_TAMPERED, "not a decimal");
    }
    out->scale = scale <= LIMIT_DECIMAL_SCALE ? (uint32_t)scale : UINT32_MAX;
    if (!decimal_is_normal(*out)) return fail(t->e, ERR_TAMPERED, "the decimal is not in its normal form");
    return OK;
}

static enum err take_hash(struct taking *t, struct hash *out)
{
    struct bytes hash = {0};
    if (!mp_take_bin(&hash, &t->in) || hash.len != sizeof(out->bytes))
        return fail(t->e, ERR_TAMPERED, "not a hash");
    memcpy(out->bytes, hash.ptr, sizeof(out->bytes));
    return OK;
}

static enum err take_date(struct taking *t, struct date *out)
{
    int64_t days = 0;
    if (!mp_take_int(&days, &t->in) || days < INT32_MIN || days > INT32_MAX) {
        return fail(t->e, ERR_TAMPERED, "not a date");
    }
    out->days = (int32_t)days;
    return OK;
}

static enum err take_choice(struct taking *t, const struct field *f, int *out)
{
    uint64_t number = 0;
    if (!mp_take_uint(&number, &t->in)) return fail(t->e, ERR_TAMPERED, "not the number of a word");
    if (number >= f->choice->count) {
        return fail(t->e, ERR_TAMPERED, "%s has no word number %ju", f->choice->name, (uintmax_t)number);
    }
    *out = (int)number;
    return OK;
}

static enum err take_scalar(struct taking *t, const struct field *f, void *to)
{
    switch (f->kind) {
    case KIND_FLAG: return mp_take_bool(to, &t->in) ? OK : fail(t->e, ERR_TAMPERED, "neither true nor false");
    case KIND_COUNT:
        return mp_take_uint(to, &t->in) ? OK : fail(t->e, ERR_TAMPERED, "not a whole number from 0");
    case KIND_STR: return take_text(t, to);
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: return take_personal(t, f->kind, to);
    case KIND_HASH: return take_hash(t, to);
    case KIND_MONEY: return take_money(t, to);
    case KIND_DECIMAL: return take_decimal(t, to);
    case KIND_DATE: return take_date(t, to);
    case KIND_INSTANT:
        return mp_take_int(&((struct instant *)to)->us, &t->in) ? OK
                                                                : fail(t->e, ERR_TAMPERED, "not an instant");
    case KIND_CHOICE: return take_choice(t, f, to);
    case KIND_PART:
    case KIND_LIST: break;
    }
    WRONG("a nested record is not a scalar");
}

/* Whether some form of the record had this many fields. */
static bool is_form(const struct schema *s, size_t fields_count, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < s->forms; i++) {
        sum += s->growth[i];
        if (sum == count) return true;
    }
    return count == fields_count;
}

/* The fewest bytes a record of this shape can have: what a claimed number of them is held against. */
static size_t least_bytes(const struct schema *s)
{
    size_t sum = 1, count = 0;
    const struct field *fields = schema_fields(s, &count);
    if (s->forms > 0) count = s->growth[0];
    for (const struct field *f = fields; f < fields + count; f++) {
        sum += f->kind == KIND_PART ? least_bytes(f->of) : 1;
    }
    return sum;
}

static enum err take_list(struct taking *t, const struct field *f, void *record, const struct place *up,
                          unsigned depth)
{
    struct place here = {up, f->name, PLACE_NO_INDEX};
    size_t count = 0;
    if (!mp_take_array(&count, &t->in) || count > t->in.len / least_bytes(f->of)) {
        return refuse(t, &here, "not a list, or one of more items than there are bytes");
    }
    if (count == 0) return OK;
    char *items = arena_take(t->arena, count, f->of->size);
    list_set(f, record, items, count);
    for (size_t i = 0; i < count; i++) {
        here.index = i;
        enum err err = take_record(t, f->of, items + i * f->of->size, &here, depth + 1);
        if (err != OK) return err;
    }
    return OK;
}

static enum err take_part(struct taking *t, const struct field *f, void *record, const struct place *up,
                          unsigned depth)
{
    struct place here = {up, f->name, PLACE_NO_INDEX};
    return take_record(t, f->of, field_place(f, record), &here, depth + 1);
}

static enum err take_scalar_at(struct taking *t, const struct field *f, void *record, const struct place *up)
{
    if (take_scalar(t, f, field_place(f, record)) == OK) return OK;
    return wrap_place(t->e, &(struct place){up, f->name, PLACE_NO_INDEX});
}

/* `record` is zero beforehand. */
static enum err take_record(struct taking *t, const struct schema *s, void *record, const struct place *where,
                            unsigned depth)
{
    size_t count = 0, fields_count = 0;
    const struct field *fields = schema_fields(s, &fields_count);
    if (depth > RECORD_DEPTH) return refuse(t, where, "nested too deep");
    if (!mp_take_array(&count, &t->in)) return refuse(t, where, "not a record");
    if (!is_form(s, fields_count, count))
        return refuse(t, where, count < fields_count ? "too few fields" : "too many fields");
    struct around at = {t->at, s, record, 0};
    t->at = &at;
    for (; at.field < count; at.field++) {
        const struct field *f = fields + at.field;
        enum err err = f->kind == KIND_LIST   ? take_list(t, f, record, where, depth + 1)
                       : f->kind == KIND_PART ? take_part(t, f, record, where, depth)
                                              : take_scalar_at(t, f, record, where);
        if (err != OK) {
            t->at = at.up;
            return err;
        }
    }
    t->at = at.up;
    if (s->forms > 1 && count > s->growth[0] && fields_told(s, fields, fields_count, record) < count)
        return refuse(t, where, "a later form than what it says needs");
    return OK;
}

enum err schema_take_sealed(void *record, const struct schema *s, struct bytes *in, struct personal *p,
                            struct arena *a, struct error *e)
{
    struct taking t = {.in = *in, .personal = p, .arena = a, .e = e};
    memset(record, 0, s->size);
    enum err err = take_record(&t, s, record, &(struct place){NULL, s->name, PLACE_NO_INDEX}, 1);
    if (err == OK) *in = t.in;
    return err;
}

enum err schema_take(void *record, const struct schema *s, struct bytes *in, struct arena *a, struct error *e)
{
    return schema_take_sealed(record, s, in, NULL, a, e);
}

enum err schema_decode(void *record, const struct schema *s, struct bytes in, struct arena *a,
                       struct error *e)
{
    enum err err = schema_take(record, s, &in, a, e);
    if (err != OK || in.len == 0) return err;
    return fail(e, ERR_TAMPERED, "%s: %zu bytes too many", s->name, in.len);
}
