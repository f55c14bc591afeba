/* SPDX-License-Identifier: MIT */
/* daybook_answers.c - the memory of answers, and JSON objects as plain structs by tables. Every answer is an
 * arena whose first piece says so; daybook_free finds it there. */
#include "billing/daybook_private.h"

enum { ANSWER_MAGIC = 0x44424b41 };

struct answer_head {
    struct arena *arena;
    uint64_t magic;
};

void *answer_new(size_t size)
{
    struct arena *a = arena_new();
    struct answer_head *head = arena_take(a, 1, sizeof *head + size);
    *head = (struct answer_head){a, ANSWER_MAGIC};
    return head + 1;
}

static struct answer_head *head_of(void *answer)
{
    struct answer_head *head = (struct answer_head *)answer - 1;
    assert(head->magic == ANSWER_MAGIC);
    return head;
}

struct arena *answer_arena(void *answer)
{
    return head_of(answer)->arena;
}

void *answer_text(struct str text)
{
    char *copy = answer_new(text.len + 1);
    bytes_put(copy, str_bytes(text));
    return copy;
}

void daybook_free(void *answer)
{
    if (answer == NULL) return;
    struct answer_head *head = head_of(answer);
    struct arena *a = head->arena;
    head->magic = 0;
    arena_free(a);
}

/* ---- shapes ---- */

/* A list of sentences is one text; what there is not is "". */
static const char *text_of(const json_t *value, struct arena *a)
{
    struct buffer all = {.arena = a};
    if (json_is_string(value))
        return str_cstring(a, (struct str){json_string_value(value), json_string_length(value)});
    for (size_t i = 0; i < json_array_size(value); i++) {
        buffer_print(&all, "%s%s", i == 0 ? "" : "; ", json_string_value(json_array_get(value, i)));
    }
    return all.len == 0 ? "" : str_cstring(a, (struct str){(const char *)all.ptr, all.len});
}

void fill_shape(void *to, const struct shape *s, const json_t *object, struct arena *a)
{
    for (const struct member *m = s->members; m < s->members + s->members_count; m++) {
        const json_t *value = json_object_get(object, m->json);
        char *at = (char *)to + m->offset;
        const char *text = "";
        bool flag = json_is_true(value);
        int64_t number = json_integer_value(value);
        switch (m->kind) {
        case MEMBER_TEXT:
            text = text_of(value, a);
            memcpy(at, &text, sizeof text);
            break;
        case MEMBER_FLAG: memcpy(at, &flag, sizeof flag); break;
        case MEMBER_NUMBER: memcpy(at, &number, sizeof number); break;
        }
    }
}

void *fill_shapes(size_t *count, const struct shape *s, const json_t *array, struct arena *a)
{
    *count = json_array_size(array);
    char *items = arena_take(a, *count, s->size);
    for (size_t i = 0; i < *count; i++) fill_shape(items + i * s->size, s, json_array_get(array, i), a);
    return items;
}
