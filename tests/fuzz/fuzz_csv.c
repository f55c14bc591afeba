/* SPDX-License-Identifier: MIT */
/* fuzz_csv.c - any bytes as a usage file: CSV, JSON lines, CloudEvents, gzip. Whatever they are, rows come
 * with rising line numbers, good rows are complete, and what is shown of bad ones holds no card data and
 * stays on one line. */
#include "importers/readings.h"
#include "importers/rejects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_good(const struct usage_input *in)
{
    assert(in->user.len > 0);
    assert(in->usage_type.len > 0);
    assert(in->event_id.len > 0);
    assert(in->amount.scale <= LIMIT_DECIMAL_SCALE);
}

static void check_bad(const struct row *row, struct arena *a)
{
    struct str shown = rejects_text(row, a);
    assert(row->column != NULL);
    assert(shown.len <= 201);
    assert(text_is_utf8(shown));
    assert(!text_holds_card_data(shown));
    assert(!text_holds_card_data(row->why));
    assert(text_is_printable(row->why));
}

static void read_rows(struct readings *r, struct arena *a)
{
    struct error e = {0};
    uint64_t line = 0;
    for (;;) {
        struct reading_row row = {0};
        bool end = false;
        if (readings_next(&row, &end, r, a, &e) != OK) {
            assert(e.code == ERR_INVALID);
            return;
        }
        if (end) return;
        assert(row.row.line > line);
        line = row.row.line;
        if (row_is_good(&row.row))
            check_good(&row.input);
        else
            check_bad(&row.row, a);
        arena_reset(a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    struct source *s = NULL;
    struct readings *r = NULL;
    struct arena *a = arena_new();
    source_of_bytes(&s, (struct bytes){data, size});
    if (readings_open(&r, s, "usage.csv", &e) == OK) {
        read_rows(r, a);
        readings_close(r);
    } else {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
        assert(text_is_printable(str_of(e.text)));
        assert(!text_holds_card_data(str_of(e.text)));
    }
    source_close(s);
    arena_free(a);
    return 0;
}
