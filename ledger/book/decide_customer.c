/* SPDX-License-Identifier: MIT */
/* decide_customer.c - seller, catalog, customers, payment methods. Decisions only: no read, no clock. */
#include "ledger/book/decide_shared.h"
#include "ledger/book/fiscal.h"
#include "ledger/book/pricing.h"

/* The zone that was named, in IANA's spelling, or `otherwise` when none was. */
static enum err zone_chosen(struct str *out, const struct facts *f, struct str named, struct str otherwise,
                            struct error *e)
{
    *out = named.len != 0 ? f->timezone : otherwise;
    if (named.len == 0 || out->len != 0) return OK;
    struct str shown = text_quotable(named);
    return fail(e, ERR_INVALID, "timezone '%.*s': not the name of an IANA time zone, as Europe/Berlin is",
                STR_ARG(shown));
}

static enum err check_email(struct str email, struct error *e)
{
    if (email.len == 0) return OK;
    const char *at = memchr(email.ptr, '@', email.len);
    if (at != NULL && at != email.ptr && at != email.ptr + email.len - 1) return OK;
    return fail(e, ERR_INVALID, "email: an address with an '@' inside is wanted");
}

static enum err check_locale(struct str locale, struct error *e)
{
    return locale.len == 0 ? OK : language_check(locale, e);
}

static enum err check_party(const struct party *p, struct error *e)
{
    enum err err = p->country.len == 0 ? OK : country_check(p->country, e);
    return err == OK ? check_email(p->email, e) : err;
}

/* Of somebody known before only when it, or the country that it is read by, is given anew: what the ledger
 * has already stands in nobody's way. */
static enum err check_tax_id(const struct party *given, const struct party *after, struct error *e)
{
    if (given->tax_id.len == 0 && given->country.len == 0) return OK;
    return tax_id_check(after->tax_id, after->country, e);
}

static enum err check_exemption(bool exempt, struct str reason_given, struct error *e)
{
    if (exempt || reason_given.len == 0) return OK;
    return fail(e, ERR_INVALID, "tax_exempt_reason: it is for customers who are exempt");
}

static struct str given_or(struct str given, struct str before)
{
    return given.len != 0 ? given : before;
}

static struct party merged(const struct party *given, const struct party *before)
{
    return (struct party){.name = given_or(given->name, before->name),
                          .email = given_or(given->email, before->email),
                          .street = given_or(given->street, before->street),
                          .street2 = given_or(given->street2, before->street2),
                          .postal_code = given_or(given->postal_code, before->postal_code),
                          .city = given_or(given->city, before->city),
                          .region = given_or(given->region, before->region),
                          .country = given_or(given->country, before->country),
                          .tax_id = given_or(given->tax_id, before->tax_id)};
}

static uint64_t given_count(uint64_t given, uint64_t before)
{
    return given != 0 ? given : before;
}

/* First past due, then unpaid, then ended; a step can be left out. */
static enum err check_overdue_days(const struct seller_set *s, struct error *e)
{
    enum { DAYS_MAX = 3660 };
    const uint64_t days[] = {s->past_due_days, s->unpaid_days, s->cancel_days};
    static const char *const names[] = {"past_due_days", "unpaid_days", "cancel_days"};
    uint64_t before = 0;
    for (size_t i = 0; i < 3; i++) {
        if (days[i] == 0) continue;
        if (days[i] > DAYS_MAX)
            return fail(e, ERR_INVALID, "%s: at most %d days are allowed", names[i], DAYS_MAX);
        if (days[i] < before) return fail(e, ERR_INVALID, "%s: fewer days than the step before it", names[i]);
        before = days[i];
    }
    return OK;
}

static enum err check_terms(uint64_t days, struct error *e)
{
    if (days <= TERMS_DAYS_MAX) return OK;
    return fail(e, ERR_INVALID, "terms_days: at most %d days are allowed", TERMS_DAYS_MAX);
}

/* It begins document numbers, whose parts are told from each other by hyphens. */
static enum err check_entity(struct str entity, struct error *e)
{
    bool plain = entity.len <= LIMIT_ENTITY_BYTES;
    for (size_t i = 0; i < entity.len; i++) {
        char c = entity.ptr[i];
        plain = plain && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    }
    if (plain) return OK;
    return fail(e, ERR_INVALID, "entity: at most %d letters and digits are wanted", LIMIT_ENTITY_BYTES);
}

/* White text stands on it, and it is text on white. */
static enum err check_colour(struct str text, struct error *e)
{
    uint32_t colour = 0;
    if (text.len == 0) return OK;
    enum err err = colour_parse(&colour, text, e);
    if (err != OK) return err;
    unsigned contrast = colour_contrast_to_white(colour);
    if (contrast >= CONTRAST_OF_TEXT) return OK;
    return fail(e, ERR_INVALID,
                "colour %.*s: white text on it could not be read (contrast %u.%u to 1, at least %d.%d is "
                "wanted): take a "
                "darker one",
                STR_ARG(text), contrast / 10, contrast % 10, CONTRAST_OF_TEXT / 10, CONTRAST_OF_TEXT % 10);
}

/* The account to pay to: what was given of it, in the form in which it is kept. */
static enum err check_account(struct seller_set_command *given, struct arena *a, struct error *e)
{
    enum err err = given->iban.len == 0 ? OK : iban_read(&given->iban, given->iban, a, e);
    if (err == OK && given->bic.len != 0) err = bic_read(&given->bic, given->bic, a, e);
    return err;
}

static enum err check_logo(const struct seller_set_command *c, struct arena *a, struct error *e)
{
    struct bytes file = {0};
    struct image image = {0};
    if (c->logo.len == 0) return OK;
    if (c->no_logo) return fail(e, ERR_INVALID, "logo: a new one and no_logo exclude each other");
    enum err err = base64_decode(&file, c->logo, a, e);
    if (err == OK) err = image_read(&image, file, e);
    return err == OK ? OK : wrap(e, "logo");
}

/* "none" takes it away again. */
static enum err put_currency(struct str *out, struct str given, struct str before, const char *option,
                             struct error *e)
{
    char currency[4] = "";
    *out = str_is(given, "none") ? STR_NONE : given_or(given, before);
    enum err err = out->len == 0 ? OK : currency_parse(currency, *out, e);
    return err == OK ? OK : wrap(e, "%s", option);
}

/* Of the key that signs documents the public part. */
static enum err put_public_key(struct seller_set *v, const struct seller *before,
                               const struct seller_set_command *c, struct arena *a, struct error *e)
{
    struct bytes file = {0};
    v->fiscal_public_key = before->fiscal_public_key;
    if (c->fiscal_public_key.len == 0) return OK;
    enum err err = base64_decode(&file, c->fiscal_public_key, a, e);
    v->fiscal_public_key = (struct str){(const char *)file.ptr, file.len};
    if (err == OK) err = rsa_public_check(v->fiscal_public_key, e);
    return err == OK ? OK : wrap(e, "fiscal_public_key");
}

/* Who has a chain can be named in it, whatever else is set. */
static enum err put_fiscal(struct seller_set *v, const struct seller *before,
                           const struct seller_set_command *c, struct arena *a, struct error *e)
{
    bool chain_given = c->fiscal_chain != FISCAL_CHAIN_DEFAULT,
         service_given = c->fiscal_service != FISCAL_SERVICE_DEFAULT;
    v->fiscal_chain = chain_given ? c->fiscal_chain : before->fiscal_chain;
    v->fiscal_service = service_given ? c->fiscal_service : before->fiscal_service;
    v->program_certificate = given_count(c->program_certificate, before->program_certificate);
    v->fiscal_key_version = given_count(c->fiscal_key_version, before->fiscal_key_version);
    if (v->fiscal_key_version == 0 && v->fiscal_chain == FISCAL_CHAIN_SAFT_PT) v->fiscal_key_version = 1;
    v->series_codes = given_or(c->series_codes, before->series_codes);
    enum err err = put_public_key(v, before, c, a, e);
    return err == OK ? fiscal_check_seller(v, a, e) : err;
}

/* How our documents look, and where to pay them. */
static enum err put_letterhead(struct seller_set *v, const struct seller *before,
                               const struct seller_set_command *c, struct arena *a, struct error *e)
{
    struct seller_set_command given = *c;
    enum err err = check_account(&given, a, e);
    if (err == OK) err = check_colour(c->colour, e);
    if (err == OK) err = check_logo(c, a, e);
    if (err == OK)
        err = put_currency(&v->tax_currency, c->tax_currency, before->tax_currency, "tax_currency", e);
    if (err == OK)
        err = put_currency(&v->functional_currency, c->functional_currency, before->functional_currency,
                           "functional_currency", e);
    v->iban = given_or(given.iban, before->iban);
    v->bic = given_or(given.bic, before->bic);
    v->account_holder = given_or(c->account_holder, before->account_holder);
    v->bank = given_or(c->bank, before->bank);
    v->registration = given_or(c->registration, before->registration);
    v->phone = given_or(c->phone, before->phone);
    v->colour = given_or(c->colour, before->colour);
    v->logo = c->logo.len != 0 ? v->version : c->no_logo ? 0 : before->logo;
    v->logo_file = c->logo;
    return err;
}

/* The texts of one language take the place of those it had; texts without a language are of all that have
 * none of their own. */
static enum err put_words(struct seller_set *v, const struct seller *before,
                          const struct seller_set_command *c, struct arena *a, struct error *e)
{
    bool of_language = c->language != DOCUMENT_LANGUAGE_NONE;
    if (of_language && c->payment_terms.len == 0 && c->footer.len == 0)
        return fail(e, ERR_INVALID, "language: payment terms or a footer are wanted beside it");
    v->payment_terms_text =
        of_language ? before->payment_terms_text : given_or(c->payment_terms, before->payment_terms_text);
    v->footer = of_language ? before->footer : given_or(c->footer, before->footer);
    v->words = before->words;
    v->words_count = before->words_count;
    if (!of_language) return OK;
    struct seller_words *words = arena_array_of(a, struct seller_words, before->words_count + 1);
    size_t at = 0;
    for (size_t i = 0; i < before->words_count; i++) words[i] = before->words[i];
    while (at < before->words_count && words[at].language != c->language) at++;
    if (at == before->words_count) words[v->words_count++] = (struct seller_words){.language = c->language};
    words[at].payment_terms_text = given_or(c->payment_terms, words[at].payment_terms_text);
    words[at].footer = given_or(c->footer, words[at].footer);
    v->words = words;
    return OK;
}

enum err decide_seller_set(struct decision *out, const struct facts *f, const struct seller_set_command *c,
                           struct arena *a, struct error *e)
{
    static const struct seller none = {.payment_terms_days = DEFAULT_TERMS_DAYS};
    const struct seller *before = f->seller != NULL ? f->seller : &none;
    struct party party = merged(&c->party, &before->party);
    struct str zone = STR_NONE;
    enum err err = check_party(&c->party, e);
    if (err == OK) err = check_tax_id(&c->party, &party, e);
    if (err == OK) err = zone_chosen(&zone, f, c->timezone, default_timezone(f), e);
    if (err != OK) return err;
    struct seller_set after = {.past_due_days = given_count(c->past_due_days, before->past_due_days),
                               .unpaid_days = given_count(c->unpaid_days, before->unpaid_days),
                               .cancel_days = given_count(c->cancel_days, before->cancel_days),
                               .approval = c->approval != YES_NO_DEFAULT ? c->approval : before->approval,
                               .draft_days = given_count(c->draft_days, before->draft_days)};
    err = check_overdue_days(&after, e);
    if (err == OK) err = check_terms(c->terms_days, e);
    if (err == OK && c->retention_years > RETENTION_YEARS_MAX)
        err = fail(e, ERR_INVALID, "retention_years: at most %d years are allowed", RETENTION_YEARS_MAX);
    if (err == OK) err = check_entity(c->entity, e);
    if (err != OK) return err;
    bool terms_given = c->terms_days != 0 || c->terms_days_is_zero;
    struct event *ev = event_add(&out->events, EVENT_SELLER_SET, a);
    ev->seller_set = (struct seller_set){
        .version = f->counters.seller,
        .party = party,
        .payment_terms_days = terms_given ? c->terms_days : before->payment_terms_days,
        .timezone = zone,
        .past_due_days = after.past_due_days,
        .unpaid_days = after.unpaid_days,
        .cancel_days = after.cancel_days,
        .approval = after.approval,
        .draft_days = after.draft_days,
        .late_usage = c->late_usage != LATE_DEFAULT ? c->late_usage : before->late_usage,
        .entity = given_or(c->entity, before->entity),
        .retention_years = given_count(c->retention_years, before->retention_years),
    };
    err = put_words(&ev->seller_set, before, c, a, e);
    if (err == OK) err = put_letterhead(&ev->seller_set, before, c, a, e);
    return err == OK ? put_fiscal(&ev->seller_set, before, c, a, e) : err;
}

static enum err check_price(const struct price *p, size_t index, struct error *e)
{
    for (size_t i = 0; i < p->rates_count; i++) {
        if (rate_check(&p->rates[i], e) != OK) return wrap(e, "prices[%zu].rates[%zu]", index, i);
    }
    for (size_t i = 0; i < p->fees_count; i++) {
        if (fee_check(&p->fees[i], e) != OK) return wrap(e, "prices[%zu].fees[%zu]", index, i);
    }
    return OK;
}

enum err decide_catalog_load(struct decision *out, const struct facts *f,
                             const struct catalog_load_command *c, struct arena *a, struct error *e)
{
    if (c->products_count == 0) return fail(e, ERR_INVALID, "the catalog has no products");
    const struct catalog *newest = f->newest_catalog;
    if (newest != NULL && memcmp(&newest->sha256, &c->sha256, sizeof c->sha256) == 0) return OK;
    for (size_t i = 0; i < c->prices_count; i++) {
        enum err err = check_price(&c->prices[i], i, e);
        if (err != OK) return err;
    }
    struct event *ev = event_add(&out->events, EVENT_CATALOG_LOADED, a);
    ev->catalog_loaded = (struct catalog_loaded){.version = f->counters.catalog,
                                                 .name = c->name,
                                                 .sha256 = c->sha256,
                                                 .products = c->products,
                                                 .products_count = c->products_count,
                                                 .prices = c->prices,
                                                 .prices_count = c->prices_count,
                                                 .from = c->from,
                                                 .metrics = c->metrics,
                                                 .metrics_count = c->metrics_count,
                                                 .coupons = c->coupons,
                                                 .coupons_count = c->coupons_count,
                                                 .taxes = c->taxes,
                                                 .taxes_count = c->taxes_count,
                                                 .rules = c->rules,
                                                 .rules_count = c->rules_count,
                                                 .dunning = c->dunning};
    return OK;
}

enum err decide_customer_create(struct decision *out, const struct facts *f,
                                const struct customer_create_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct str zone = STR_NONE;
    if (f->customer != NULL)
        return fail(e, ERR_REFUSED, "there is a customer '%.*s' already", STR_ARG(c->user));
    enum err err = currency_chosen(currency, c->currency, NULL, e);
    if (err == OK) err = zone_chosen(&zone, f, c->timezone, default_timezone(f), e);
    if (err == OK) err = check_locale(c->locale, e);
    if (err == OK) err = check_party(&c->party, e);
    if (err == OK) err = check_terms(c->terms_days, e);
    if (err == OK) err = check_tax_id(&c->party, &c->party, e);
    bool exempt = c->tax_exempt == YES_NO_YES;
    if (err == OK) err = check_exemption(exempt, c->tax_exempt_reason, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_CUSTOMER_CREATED, a);
    ev->customer_created = (struct customer_created){.customer = f->counters.customer,
                                                     .user = c->user,
                                                     .currency = str_copy(a, str_of(currency)),
                                                     .timezone = zone,
                                                     .locale = given_or(c->locale, STR("en-US")),
                                                     .party = c->party,
                                                     .tax_exempt = exempt,
                                                     .tax_exempt_reason = c->tax_exempt_reason,
                                                     .terms_days = c->terms_days,
                                                     .due_at_once = c->terms_days_is_zero,
                                                     .tax_country = tax_country_of(&c->party)};
    return OK;
}

enum err decide_customer_update(struct decision *out, const struct facts *f,
                                const struct customer_update_command *c, struct arena *a, struct error *e)
{
    struct str zone = STR_NONE;
    enum err err = need_unerased(f, c->user, e);
    if (err == OK) err = zone_chosen(&zone, f, c->timezone, f->customer->timezone, e);
    if (err == OK) err = check_locale(c->locale, e);
    if (err == OK) err = check_party(&c->party, e);
    if (err == OK) err = check_terms(c->terms_days, e);
    if (err != OK) return err;
    const struct customer *before = f->customer;
    bool terms_given = c->terms_days != 0 || c->terms_days_is_zero;
    struct customer_updated after = {.customer = before->customer,
                                     .version = before->version + 1,
                                     .timezone = zone,
                                     .locale = given_or(c->locale, before->locale),
                                     .party = merged(&c->party, &before->party),
                                     .terms_days = terms_given ? c->terms_days : before->terms_days,
                                     .due_at_once =
                                         terms_given ? c->terms_days_is_zero : before->due_at_once};
    after.tax_exempt = c->tax_exempt == YES_NO_DEFAULT ? before->tax_exempt : c->tax_exempt == YES_NO_YES;
    after.tax_country = tax_country_of(&after.party);
    if (after.tax_exempt) after.tax_exempt_reason = given_or(c->tax_exempt_reason, before->tax_exempt_reason);
    err = check_tax_id(&c->party, &after.party, e);
    if (err == OK) err = check_exemption(after.tax_exempt, c->tax_exempt_reason, e);
    if (err != OK) return err;
    bool same = schema_equal(&schema_party, &after.party, &before->party) &&
                str_equal(after.timezone, before->timezone) && str_equal(after.locale, before->locale) &&
                after.tax_exempt == before->tax_exempt && after.terms_days == before->terms_days &&
                after.due_at_once == before->due_at_once &&
                str_equal(after.tax_exempt_reason, before->tax_exempt_reason);
    if (same) return OK;
    event_add(&out->events, EVENT_CUSTOMER_UPDATED, a)->customer_updated = after;
    return OK;
}

enum err decide_payment_method_add(struct decision *out, const struct facts *f,
                                   const struct payment_method_add_command *c, struct arena *a,
                                   struct error *e)
{
    bool added = false;
    struct card card = c->card;
    enum err err = need_unerased(f, c->user, e);
    if (err != OK) return err;
    if (card.token.len == 0) card.token = c->token;
    return keep_card(out, f, f->customer->customer, &card, c->is_default, &added, a, e);
}

static enum err need_method(const struct method **out, const struct facts *f, struct str user,
                            struct str method, struct error *e)
{
    enum err err = need_customer(f, user, e);
    if (err != OK) return err;
    *out = method_named(f, method);
    if (*out == NULL) return fail(e, ERR_NOT_FOUND, "no such payment method of '%.*s'", STR_ARG(user));
    return OK;
}

enum err decide_payment_method_remove(struct decision *out, const struct facts *f,
                                      const struct payment_method_remove_command *c, struct arena *a,
                                      struct error *e)
{
    const struct method *m = NULL;
    enum err err = need_method(&m, f, c->user, c->method, e);
    if (err != OK) return err;
    uint64_t heir = 0; /* the newest of those that stay */
    for (size_t i = 0; i < f->methods_count; i++) {
        if (!f->methods[i].removed && f->methods[i].method != m->method) heir = f->methods[i].method;
    }
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_METHOD_REMOVED, a);
    ev->payment_method_removed = (struct payment_method_removed){
        .customer = f->customer->customer,
        .method = m->method,
        .new_default = f->customer->default_method == m->method ? heir : 0,
    };
    return OK;
}

enum err decide_payment_method_detach(struct decision *out, const struct facts *f,
                                      const struct payment_method_detach_command *c, struct arena *a,
                                      struct error *e)
{
    if (f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    for (size_t i = 0; i < f->methods_count; i++) {
        const struct method *m = &f->methods[i];
        if (m->method == c->method && m->removed && !m->detached) add_detached(out, m, a);
    }
    return OK;
}

enum err decide_payment_method_default(struct decision *out, const struct facts *f,
                                       const struct payment_method_default_command *c, struct arena *a,
                                       struct error *e)
{
    const struct method *m = NULL;
    enum err err = need_method(&m, f, c->user, c->method, e);
    if (err != OK) return err;
    assert(m != NULL);
    if (m->method == f->customer->default_method) return OK;
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_METHOD_MADE_DEFAULT, a);
    ev->payment_method_made_default = (struct payment_method_made_default){f->customer->customer, m->method};
    return OK;
}

/* ---- what the gateway tells of them ---- */

enum err decide_customer_make_known(struct decision *out, const struct facts *f,
                                    const struct customer_make_known_command *c, struct arena *a,
                                    struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (str_equal(f->customer->gateway_customer, c->gateway_customer)) return OK;
    struct event *ev = event_add(&out->events, EVENT_CUSTOMER_MADE_KNOWN, a);
    ev->customer_made_known =
        (struct customer_made_known){f->customer->customer, c->gateway, c->gateway_customer};
    return OK;
}

static bool has_data(const struct method *m, const struct card *c)
{
    return str_equal(m->funding, c->funding) && str_equal(m->brand, c->brand) &&
           str_equal(m->last4, c->last4) && m->exp_month == c->exp_month && m->exp_year == c->exp_year;
}

/* Of one that is not there any more nothing need be known. */
enum err decide_payment_method_update(struct decision *out, const struct facts *f,
                                      const struct payment_method_update_command *c, struct arena *a,
                                      struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    const struct method *m = method_named(f, c->card.token);
    if (m == NULL || c->as_of.us < m->as_of.us || has_data(m, &c->card)) return OK;
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_METHOD_UPDATED, a);
    ev->payment_method_updated = (struct payment_method_updated){.customer = m->customer,
                                                                 .method = m->method,
                                                                 .funding = c->card.funding,
                                                                 .brand = c->card.brand,
                                                                 .last4 = c->card.last4,
                                                                 .exp_month = c->card.exp_month,
                                                                 .exp_year = c->card.exp_year,
                                                                 .as_of = c->as_of};
    return OK;
}
