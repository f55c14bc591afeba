/* SPDX-License-Identifier: MIT */
/* test_views_kept.c - the record that a transaction keeps decoded: it is always what was put last. */
#include "tests/store/sample.h"
#include "tests/store/view_values.h"

TestSuite(views_kept, .init = test_begin, .fini = test_end);

static void put_rate(struct views_txn *t, uint64_t n, const char *usage_type)
{
    struct sample_rate rate = {.usage_type = str_of(usage_type)};
    struct view_key k = key_u64(1, n);
    assert_ok(views_put_record(t, &k, &sample_rate_schema, &rate, E));
}

static const struct sample_rate *kept(struct views_txn *t, uint64_t n)
{
    const void *rate = NULL;
    struct view_key k = key_u64(1, n);
    assert_ok(views_get_kept(&rate, &sample_rate_schema, t, &k, E));
    return rate;
}

Test(views_kept, a_record_is_decoded_once_and_what_is_put_after_it_is_seen)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    put_rate(t, 1, "api_calls");
    const struct sample_rate *first = kept(t, 1);
    cr_assert(kept(t, 1) == first);
    put_rate(t, 2, "other");
    cr_assert(kept(t, 1) == first, "another key is no change");
    put_rate(t, 1, "storage_gb");
    assert_str(kept(t, 1)->usage_type, "storage_gb");
    assert_str(first->usage_type, "api_calls"); /* whoever holds it goes on reading it */
    assert_str(kept(t, 2)->usage_type, "other");
    assert_str(kept(t, 1)->usage_type, "storage_gb");
    assert_ok(views_commit(t, E));
    views_close(v);
    master_key_close(k);
}

Test(views_kept, nothing_is_kept_beyond_a_transaction_or_a_delete)
{
    const void *rate = NULL;
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    put_rate(t, 1, "api_calls");
    assert_ok(views_commit(t, E));
    t = begun(v, true);
    assert_str(kept(t, 1)->usage_type, "api_calls");
    put_rate(t, 1, "storage_gb");
    views_abort(t);
    t = begun(v, true); /* the same transaction's memory again */
    assert_str(kept(t, 1)->usage_type, "api_calls");
    struct view_key key = key_u64(1, 1);
    assert_ok(views_delete(t, &key, E));
    cr_assert(views_get_kept(&rate, &sample_rate_schema, t, &key, E) == ERR_NOT_FOUND);
    views_abort(t);
    views_close(v);
    master_key_close(k);
}
