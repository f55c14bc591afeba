/* SPDX-License-Identifier: MIT */
/* time_stamp.c - see time_stamp.h. A certificate must have been valid when it stamped, not when somebody
 * checks, or no stamp would outlive it. */
#include "ledger/store/time_stamp.h"

#include <openssl/err.h>
#include <openssl/ts.h>
#include <string.h>

/* ---- what is stamped ---- */

enum err time_stamp_imprint(struct hash *out, struct str note, struct arena *a, struct error *e)
{
    struct str text = STR_NONE, origin = STR_NONE;
    enum err err = note_split(&text, note, a, e);
    if (err != OK) return err;
    (void)str_take_until(&origin, &text, '\n'); /* without a line nobody has signed it */
    struct str own = note_signed_by(a, note, origin);
    if (own.len == 0) return fail(e, ERR_INVALID, "'%.*s' did not sign it", STR_ARG(text_quotable(origin)));
    struct hasher *h = hasher_new();
    hasher_digest(h, out->bytes, str_bytes(own), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return OK;
}

/* ---- requests ---- */

static bool set_imprint(TS_REQ *r, const struct hash *imprint)
{
    TS_MSG_IMPRINT *m = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    unsigned char bytes[sizeof imprint->bytes];
    memcpy(bytes, imprint->bytes, sizeof bytes);
    bool fine = m != NULL && algorithm != NULL &&
                X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
                TS_MSG_IMPRINT_set_algo(m, algorithm) == 1 &&
                TS_MSG_IMPRINT_set_msg(m, bytes, (int)sizeof bytes) == 1 && TS_REQ_set_msg_imprint(r, m) == 1;
    X509_ALGOR_free(algorithm); /* both were copied */
    TS_MSG_IMPRINT_free(m);
    return fine;
}

static bool set_nonce(TS_REQ *r, uint64_t nonce)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool fine =
        number != NULL && ASN1_INTEGER_set_uint64(number, nonce) == 1 && TS_REQ_set_nonce(r, number) == 1;
    ASN1_INTEGER_free(number);
    return fine;
}

static enum err new_request(TS_REQ **out, const struct time_stamp_query *q, struct error *e)
{
    TS_REQ *r = TS_REQ_new();
    bool fine = r != NULL && TS_REQ_set_version(r, 1) == 1 && set_imprint(r, &q->imprint) &&
                TS_REQ_set_cert_req(r, 1) == 1 && (q->nonce == 0 || set_nonce(r, q->nonce));
    *out = r;
    if (fine) return OK;
    TS_REQ_free(r);
    *out = NULL;
    return fail(e, ERR_STORAGE, "cannot make a request: the cryptographic library failed");
}

enum err time_stamp_request(struct bytes *out, const struct time_stamp_query *q, struct arena *a,
                            struct error *e)
{
    TS_REQ *r = NULL;
    unsigned char *der = NULL;
    enum err err = new_request(&r, q, e);
    if (err != OK) return err;
    int len = i2d_TS_REQ(r, &der);
    if (len > 0)
        *out = bytes_copy(a, (struct bytes){der, (size_t)len});
    else
        err = fail(e, ERR_STORAGE, "cannot make a request: the cryptographic library failed");
    OPENSSL_free(der);
    TS_REQ_free(r);
    return err;
}

/* ---- what an answer says ---- */

static struct str name_text(X509_NAME *name, struct arena *a)
{
    BIO *to = BIO_new(BIO_s_mem());
    char *text = NULL;
    struct str copy = STR_NONE;
    if (to != NULL && name != NULL && X509_NAME_print_ex(to, name, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(to, &text);
        if (len > 0) copy = str_copy(a, (struct str){text, (size_t)len});
    }
    BIO_free(to);
    return copy;
}

/* Whose certificate signed it. */
static struct str signer_of(TS_RESP *r, struct arena *a)
{
    struct str name = STR_NONE;
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(r), NULL, 0);
    if (signers != NULL && sk_X509_num(signers) > 0)
        name = name_text(X509_get_subject_name(sk_X509_value(signers, 0)), a);
    sk_X509_free(signers);
    return name;
}

/* Its time to the second; what is beyond that is left out. */
static enum err time_of(struct instant *out, TS_RESP *r, struct arena *a, struct error *e)
{
    struct tm t = {0};
    TS_TST_INFO *info = TS_RESP_get_tst_info(r);
    const ASN1_GENERALIZEDTIME *at = info == NULL ? NULL : TS_TST_INFO_get_time(info);
    if (at == NULL || ASN1_TIME_to_tm(at, &t) != 1) return fail(e, ERR_INVALID, "it tells no time");
    struct str text = str_format(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1,
                                 t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
    return instant_parse(out, text, e) == OK ? OK : wrap(e, "its time");
}

static enum err read_answer(TS_RESP **out, struct bytes answer, struct error *e)
{
    const unsigned char *at = answer.ptr;
    *out = NULL;
    if (answer.len > LIMIT_TIME_STAMP_BYTES)
        return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_TIME_STAMP_BYTES);
    TS_RESP *r = answer.len == 0 ? NULL : d2i_TS_RESP(NULL, &at, (long)answer.len);
    if (r != NULL && at == answer.ptr + answer.len) {
        *out = r;
        return OK;
    }
    TS_RESP_free(r);
    return fail(e, ERR_INVALID, "it is no answer of a time-stamp authority");
}

static enum err check_granted(TS_RESP *r, struct error *e)
{
    const ASN1_INTEGER *status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(r));
    long number = status == NULL ? -1 : ASN1_INTEGER_get(status);
    if (number == TS_STATUS_GRANTED || number == TS_STATUS_GRANTED_WITH_MODS)
        return TS_RESP_get_tst_info(r) != NULL ? OK : fail(e, ERR_INVALID, "it holds no time stamp");
    return fail(e, ERR_REFUSED, "the authority did not stamp it: its status is %ld", number);
}

/* ---- checking ---- */

/* OpenSSL's last word on it. */
static enum err does_not_hold(struct error *e)
{
    const char *data = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_data(&data, &flags);
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    struct str more = text_quotable(str_of((flags & ERR_TXT_STRING) != 0 ? data : NULL));
    enum err err = fail(e, ERR_TAMPERED, "the time stamp does not hold: %s%s%.*s%s",
                        reason == NULL ? "it is not what was asked for" : reason, more.len > 0 ? " (" : "",
                        STR_ARG(more), more.len > 0 ? ")" : "");
    ERR_clear_error();
    return err;
}

static enum err load(X509_STORE **out, const char *path, struct error *e)
{
    *out = X509_STORE_new();
    if (*out != NULL && X509_STORE_load_file(*out, path) == 1) return OK;
    X509_STORE_free(*out);
    *out = NULL;
    ERR_clear_error();
    return fail(e, ERR_INVALID, "'%s' is no file of certificates", path);
}

enum err time_stamp_certificates(const char *path, struct error *e)
{
    X509_STORE *store = NULL;
    enum err err = load(&store, path, e);
    X509_STORE_free(store);
    return err;
}

static enum err use_certificates(TS_VERIFY_CTX *c, const char *path, struct instant at, struct error *e)
{
    X509_STORE *store = NULL;
    enum err err = load(&store, path, e);
    if (err != OK) return err;
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(at.us / 1000000));
    (void)TS_VERIFY_CTX_set_store(c, store); /* which frees it */
    (void)TS_VERIFY_CTX_add_flags(c, TS_VFY_SIGNATURE);
    return OK;
}

static enum err verify(TS_RESP *r, const struct time_stamp_query *q, const char *certificates,
                       struct instant at, struct error *e)
{
    TS_REQ *request = NULL;
    enum err err = new_request(&request, q, e);
    if (err != OK) return err;
    TS_VERIFY_CTX *c = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    if (c == NULL) err = fail(e, ERR_STORAGE, "the cryptographic library failed");
    if (err == OK)
        (void)TS_VERIFY_CTX_set_flags(c, TS_VFY_VERSION | TS_VFY_IMPRINT |
                                             (q->nonce == 0 ? 0 : (int)TS_VFY_NONCE));
    if (err == OK && certificates != NULL) err = use_certificates(c, certificates, at, e);
    ERR_clear_error();
    if (err == OK && TS_RESP_verify_response(c, r) != 1) err = does_not_hold(e);
    TS_VERIFY_CTX_free(c);
    TS_REQ_free(request);
    return err;
}

enum err time_stamp_check(struct time_stamp *out, struct bytes answer, const struct time_stamp_query *q,
                          const char *certificates, struct arena *a, struct error *e)
{
    TS_RESP *r = NULL;
    *out = (struct time_stamp){.is_certified = certificates != NULL};
    enum err err = read_answer(&r, answer, e);
    if (err == OK) err = check_granted(r, e);
    if (err == OK) err = time_of(&out->at, r, a, e);
    if (err == OK) err = verify(r, q, certificates, out->at, e);
    if (err == OK) out->authority = signer_of(r, a);
    TS_RESP_free(r);
    ERR_clear_error(); /* what OpenSSL keeps of it is nobody's later trouble */
    return err;
}
