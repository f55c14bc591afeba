/* SPDX-License-Identifier: MIT */
/* fuzz_options.c - any bytes as a command line, one word a line, and as a program's call: the verb's words,
 * then JSON. What is accepted has a verb with everything that it needs, or asks for help; what is refused is
 * told in one printable sentence without card data. */
#include "billing/cli.h"
#include "billing/query_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 64 };

static void check_sentence(const struct error *e)
{
    assert(e->code == ERR_USAGE || e->code == ERR_INVALID || e->code == ERR_LIMIT);
    assert(e->text[0] != '\0');
    assert(text_is_utf8(str_of(e->text)));
    assert(!text_holds_card_data(str_of(e->text)));
}

static void try_command_line(struct str text, struct arena *a)
{
    const char *argv[WORDS_MAX] = {"daybook"};
    struct cli_command c = {0};
    struct error e = {0};
    int argc = 1;
    while (text.len > 0 && argc < WORDS_MAX) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        argv[argc++] = str_cstring(a, (struct str){text.ptr, len});
        text = end == NULL ? STR_NONE : (struct str){end + 1, text.len - len - 1};
    }
    if (cli_parse(&c, argc, argv, a, &e) != OK) {
        check_sentence(&e);
        return;
    }
    assert(c.globals.help || (c.verb != NULL && c.body != NULL));
    if (c.verb == NULL || c.verb->command == COMMAND_NONE) return;
    struct command command = {.type = c.verb->command};
    memcpy(command_body_of(&command), c.body, verb_schema(c.verb)->size);
    if (command_check(&command, &e) != OK) check_sentence(&e);
}

static void try_call(struct str text, struct arena *a)
{
    const char *end = memchr(text.ptr, '\n', text.len);
    size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
    const struct verb *v = verb_find((struct str){text.ptr, len});
    struct error e = {0};
    if (v == NULL || end == NULL) return;
    json_t *object = json_loadb(end + 1, text.len - len - 1, JSON_REJECT_DUPLICATES, NULL);
    if (object == NULL) return;
    if (verb_from_json(verb_body(v, a), v, object, a, &e) != OK) check_sentence(&e);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || memchr(data, '\0', size) != NULL) return 0;
    struct arena *a = arena_new();
    struct str text = {(const char *)data, size};
    try_command_line(text, a);
    try_call(text, a);
    arena_free(a);
    return 0;
}
