/* SPDX-License-Identifier: MIT */
/* stripe_faults.c - the rules that say which requests are spoiled, and how. */
#include "tests/lib/stripe_inside.h"

/* ---- which requests ---- */

static bool path_fits(const char *pattern, const char *path)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '$' && pattern[1] == '\0') return *path == '\0';
        if (*pattern == '*') {
            path += strcspn(path, "/");
        } else if (*pattern != *path++) {
            return false;
        }
    }
    return true;
}

/* Every rule counts what it is for, and rolls its dice then, so that rules do not change each other's turns.
 */
static bool its_turn(struct stripe_server *s, struct ss_rule *r)
{
    const struct stripe_fault_rule *is = &r->is;
    r->seen++;
    bool turn = true;
    if (is->nth > 0) turn = r->seen == is->nth;
    if (is->every > 0) turn = r->seen % is->every == 0;
    if (is->percent > 0) turn = dice_chance(&s->dice, is->percent);
    if (!turn || (is->times > 0 && r->struck >= is->times)) return false;
    return true;
}

const struct stripe_fault_rule *ss_strikes(struct stripe_server *s, const char *method, const char *path)
{
    struct ss_rule *found = NULL;
    for (size_t i = 0; i < s->rule_count; i++) {
        struct ss_rule *r = &s->rules[i];
        if (r->is.method != NULL && strcmp(r->is.method, method) != 0) continue;
        if (r->is.path != NULL && !path_fits(r->is.path, path)) continue;
        if (its_turn(s, r) && found == NULL) found = r;
    }
    if (found == NULL) return NULL;
    found->struck++;
    if (found->is.fault != STRIPE_FAULT_NONE) s->counts.faults++;
    return &found->is;
}

/* ---- the list of them ---- */

void ss_rules_forget(struct stripe_server *s)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        free((void *)(uintptr_t)s->rules[i].is.method);
        free((void *)(uintptr_t)s->rules[i].is.path);
    }
    free(s->rules);
    s->rules = NULL;
    s->rule_count = 0;
}

void ss_rules_set(struct stripe_server *s, const struct stripe_fault_rule *rules, size_t count)
{
    struct ss_rule *made = ss_take((count + 1) * sizeof made[0]);
    for (size_t i = 0; i < count; i++) {
        made[i].is = rules[i];
        made[i].is.method = rules[i].method == NULL ? NULL : ss_copy(rules[i].method);
        made[i].is.path = rules[i].path == NULL ? NULL : ss_copy(rules[i].path);
    }
    ss_rules_forget(s);
    s->rules = made;
    s->rule_count = count;
}

/* ---- as text ---- */

static bool fault_of(enum stripe_fault *out, const char *word)
{
    static const char *const words[STRIPE_FAULTS] = {
#define FAULT(NAME, word, what) [STRIPE_FAULT_##NAME] = word,
#include "tests/lib/stripe_faults.def"
#undef FAULT
    };
    for (int i = 0; i < STRIPE_FAULTS; i++) {
        if (strcmp(words[i], word) != 0) continue;
        *out = (enum stripe_fault)i;
        return true;
    }
    return false;
}

static const char *take_rule(json_t *from, struct stripe_fault_rule *r)
{
    json_int_t nth = 0, every = 0, percent = 0, times = 0, ms = 0;
    const char *fault = "";
    json_error_t error;
    if (json_unpack_ex(from, &error, JSON_STRICT, "{s?s, s?s, s?I, s?I, s?I, s?I, s?I, s:s}", "method",
                       &r->method, "path", &r->path, "nth", &nth, "every", &every, "percent", &percent,
                       "times", &times, "ms", &ms, "fault", &fault) != 0)
        return "has members that are none of a rule, or of another type, or no fault";
    if (!fault_of(&r->fault, fault)) return "names a fault that is not in stripe_faults.def";
    if (nth < 0 || every < 0 || percent < 0 || percent > 100 || times < 0 || ms < 0 || ms > 3600000)
        return "has a number that is out of range";
    if ((nth > 0) + (every > 0) + (percent > 0) > 1) return "has more than one of nth, every and percent";
    r->nth = (uint64_t)nth;
    r->every = (uint64_t)every;
    r->percent = (unsigned)percent;
    r->times = (uint64_t)times;
    r->ms = (unsigned)ms;
    return NULL;
}

static char *sentence(size_t index, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "rule %zu %s", index + 1, what);
    return ss_copy(text);
}

bool ss_rules_read(struct stripe_server *s, const char *text, char **why)
{
    json_error_t error;
    json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    *why = NULL;
    if (!json_is_array(list)) {
        *why = ss_copy(list == NULL ? error.text : "the rules are no JSON array");
        json_decref(list);
        return false;
    }
    size_t count = json_array_size(list);
    struct stripe_fault_rule *rules = ss_take((count + 1) * sizeof rules[0]);
    for (size_t i = 0; i < count && *why == NULL; i++) {
        const char *wrong = take_rule(json_array_get(list, i), &rules[i]);
        if (wrong != NULL) *why = sentence(i, wrong);
    }
    if (*why == NULL) ss_rules_set(s, rules, count);
    free(rules);
    json_decref(list);
    return *why == NULL;
}
