/* SPDX-License-Identifier: MIT */
/* ask_witness.c - a witness's key, and the witness itself until it is told to stop. */
#include <pthread.h>
#include <signal.h>

#include "billing/answers.h"
#include "billing/witness.h"

enum err make_witness_key(const struct key_new_witness_query *q, struct world w, struct answer *answer,
                          struct arena *a, struct error *e)
{
    struct checkpoint_key *k = NULL;
    const char *path = str_cstring(a, q->file);
    enum err err = witness_key_create(path, q->name, w, a, e);
    if (err == OK) err = witness_key_open(&k, path, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "made", q->file);
    member_text(j, "public_key_file", str_format(a, "%s.pub", path));
    member_text(j, "public_key", note_key_text(a, checkpoint_key_public(k)));
    checkpoint_key_close(k);
    return answer->take(answer->self, j, false, e);
}

static enum err tell_address(const struct witness *w, struct answer *answer, struct arena *a, struct error *e)
{
    json_t *j = object_new();
    member_text(j, "listening", witness_url(w, a));
    member_text(j, "public_key", witness_public_key(w, a));
    enum err err = answer->take(answer->self, j, false, e);
    (void)fflush(stdout); /* whoever waits for the line gets it now */
    return err;
}

/* The thread that answers gets no signals. */
enum err run_witness(const struct witness_query *q, struct world world, struct answer *answer,
                     struct arena *a, struct error *e)
{
    const struct witness_options o = {.listen = q->listen.len > 0 ? q->listen : STR("127.0.0.1:8081"),
                                      .key_file = str_cstring(a, q->key),
                                      .state = str_cstring(a, q->state),
                                      .logs = q->log,
                                      .world = world};
    struct witness *w = NULL;
    sigset_t signals, before;
    int signal = 0;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &signals, &before) != 0) WRONG("signals cannot be blocked");
    enum err err = witness_start(&w, &o, e);
    if (err == OK) err = tell_address(w, answer, a, e);
    if (err == OK && sigwait(&signals, &signal) != 0) err = fail(e, ERR_STORAGE, "cannot wait for signals");
    witness_stop(w);
    if (pthread_sigmask(SIG_SETMASK, &before, NULL) != 0) WRONG("signals cannot be set");
    return err;
}
