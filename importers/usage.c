/* SPDX-License-Identifier: MIT */
/* usage.c - usage readings by the million: rows are gathered into commands of many readings and the commands
 * into durable batches, so that two flushes of the disk are shared by thousands. What is refused is reported
 * row by row, in order. It must never hold more than a batch. */
#include "importers/import.h"
#include "importers/readings.h"

enum {
    COMMANDS_PER_BATCH = 64,
    INPUTS_PER_BATCH = COMMANDS_PER_BATCH * LIMIT_READINGS_PER_RECORD,
    ROWS_PER_BATCH = INPUTS_PER_BATCH * 5 / 4, /* bad rows make no inputs */
    BYTES_PER_BATCH = 32 * 1024 * 1024,
};

struct batch {
    struct import *import;
    struct arena *texts; /* of the rows */
    struct arena *work;  /* of the commands */
    struct row *rows;
    struct usage_input *inputs;
    uint32_t *row_of; /* by input */
    size_t rows_count, inputs_count;
};

static struct batch batch_new(struct import *im, struct arena *a)
{
    return (struct batch){
        .import = im,
        .texts = arena_new(),
        .work = arena_new(),
        .rows = arena_array_of(a, struct row, ROWS_PER_BATCH),
        .inputs = arena_array_of(a, struct usage_input, INPUTS_PER_BATCH),
        .row_of = arena_array_of(a, uint32_t, INPUTS_PER_BATCH),
    };
}

static bool batch_is_full(const struct batch *b)
{
    return b->inputs_count == INPUTS_PER_BATCH || b->rows_count == ROWS_PER_BATCH ||
           arena_used(b->texts) > BYTES_PER_BATCH;
}

static void batch_add(struct batch *b, const struct reading_row *r)
{
    if (row_is_good(&r->row)) {
        b->row_of[b->inputs_count] = (uint32_t)b->rows_count;
        b->inputs[b->inputs_count++] = r->input;
    }
    b->rows[b->rows_count++] = r->row;
}

/* What the ledger did not take, back to its rows. */
static void note_outcome(struct batch *b, size_t first, size_t count, const struct outcome *o)
{
    struct import_report *report = b->import->report;
    if (o->code != OK) {
        for (size_t i = first; i < first + count; i++)
            row_refuse_error(&b->rows[b->row_of[i]], "", &o->error, b->work);
        return;
    }
    uint64_t duplicates = 0, refused = 0;
    for (size_t i = 0; i < o->refusals_count; i++) {
        const struct reading_refusal *r = &o->refusals[i];
        assert(r->index < count);
        duplicates += r->duplicate;
        refused += !r->duplicate;
        if (!r->duplicate) row_refuse(&b->rows[b->row_of[first + r->index]], r->column, r->why);
    }
    report->duplicates += duplicates;
    report->accepted += count - duplicates - refused;
    import_note_record(b->import, o->seq);
}

static enum err run_commands(struct batch *b, struct error *e)
{
    size_t count = (b->inputs_count + LIMIT_READINGS_PER_RECORD - 1) / LIMIT_READINGS_PER_RECORD;
    struct command *commands = arena_array_of(b->work, struct command, count);
    struct request *requests = arena_array_of(b->work, struct request, count);
    struct outcome *outcomes = arena_array_of(b->work, struct outcome, count);
    bool strict = import_is_final_strict(b->import);
    for (size_t i = 0; i < count; i++) {
        size_t first = i * LIMIT_READINGS_PER_RECORD, left = b->inputs_count - first;
        commands[i].type = COMMAND_USAGE_RECORD;
        commands[i].usage_record = (struct usage_record_command){
            .readings = b->inputs + first,
            .readings_count = left < LIMIT_READINGS_PER_RECORD ? left : LIMIT_READINGS_PER_RECORD,
            .strict = strict,
        };
        requests[i] = (struct request){.command = &commands[i], .actor = b->import->options->actor};
    }
    enum err err = ledger_execute_batch(outcomes, b->import->ledger, requests, count, strict, b->work, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        note_outcome(b, i * LIMIT_READINGS_PER_RECORD, commands[i].usage_record.readings_count, &outcomes[i]);
    }
    return OK;
}

static enum err batch_run(struct batch *b, struct error *e)
{
    enum err err = b->inputs_count == 0 ? OK : run_commands(b, e);
    b->import->report->rows += b->rows_count;
    for (size_t i = 0; err == OK && i < b->rows_count; i++) {
        if (!row_is_good(&b->rows[i])) err = import_reject(b->import, &b->rows[i], e);
    }
    import_progress(b->import);
    b->rows_count = b->inputs_count = 0;
    arena_reset(b->texts);
    arena_reset(b->work);
    return err;
}

static enum err usage_pass(struct import *im, struct error *e)
{
    struct readings *r = NULL;
    enum err err = readings_open(&r, im->source, im->options->path, e);
    if (err != OK) return err;
    struct arena *a = arena_new();
    struct batch b = batch_new(im, a);
    bool end = false;
    while (err == OK && !end) {
        struct reading_row row = {0};
        err = readings_next(&row, &end, r, b.texts, e);
        if (err == OK && !end) batch_add(&b, &row);
        if (err == OK && (end || batch_is_full(&b)) && b.rows_count > 0) err = batch_run(&b, e);
    }
    arena_free(b.texts);
    arena_free(b.work);
    arena_free(a);
    readings_close(r);
    return err;
}

enum err import_usage(struct import_report *out, struct ledger *l, const struct import_options *o,
                      struct arena *a, struct error *e)
{
    return import_run(out, l, o, usage_pass, a, e);
}
