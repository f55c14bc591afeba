/* SPDX-License-Identifier: MIT */
/* passphrase.c - see passphrase.h. While the terminal's echo is off, signals that would end or stop the
 * program wait until it is on again: whoever presses Ctrl-C must not be left with a silent terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "ledger/base/passphrase.h"

/* ---- the terminal ---- */

struct terminal {
    int fd, signals;
    struct termios before;
    sigset_t mask, waiting;
};

static bool hold_signals(struct terminal *t)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};
    bool fine = sigemptyset(&t->waiting) == 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        fine = fine && sigaddset(&t->waiting, ends[i]) == 0;
    if (!fine || pthread_sigmask(SIG_BLOCK, &t->waiting, &t->mask) != 0) return false;
    t->signals = signalfd(-1, &t->waiting, SFD_CLOEXEC);
    if (t->signals >= 0) return true;
    (void)pthread_sigmask(SIG_SETMASK, &t->mask, NULL); /* was valid a moment ago */
    return false;
}

static enum err terminal_open(struct terminal *t, struct error *e)
{
    t->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool is_there = t->fd >= 0 && tcgetattr(t->fd, &t->before) == 0;
    if (is_there && hold_signals(t)) {
        struct termios silent = t->before;
        silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        if (tcsetattr(t->fd, TCSAFLUSH, &silent) == 0) return OK;
        (void)close(t->signals);
        (void)pthread_sigmask(SIG_SETMASK, &t->mask, NULL); /* was valid a moment ago */
    }
    if (t->fd >= 0) (void)close(t->fd);
    return fail(e, ERR_INVALID,
                "there is no terminal to ask for the passphrase: give --passphrase-file or "
                "--passphrase-command");
}

/* Signals that came meanwhile do now what they do. */
static void terminal_close(struct terminal *t)
{
    (void)tcsetattr(t->fd, TCSAFLUSH, &t->before); /* nobody could do anything about a failure */
    (void)close(t->signals);
    (void)close(t->fd);
    (void)pthread_sigmask(SIG_SETMASK, &t->mask, NULL);
}

static void say(const struct terminal *t, const char *text)
{
    ssize_t n = write(t->fd, text, strlen(text));
    (void)n; /* a prompt that is not seen is no reason to stop */
}

/* Waits for a line or a signal; the kernel gives one line at a time. */
static enum err read_line(struct secret *out, const struct terminal *t, struct error *e)
{
    struct pollfd wait[] = {{.fd = t->fd, .events = POLLIN}, {.fd = t->signals, .events = POLLIN}};
    while (poll(wait, 2, -1) < 0)
        if (errno != EINTR) return fail_errno(e, errno, "cannot read the terminal");
    if (wait[1].revents != 0) return fail(e, ERR_INVALID, "it was interrupted");
    ssize_t n = read(t->fd, out->text, LIMIT_KEY_FILE_BYTES);
    if (n < 0) return fail_errno(e, errno, "cannot read the terminal");
    out->len = (size_t)n;
    return OK;
}

static enum err ask(struct secret *out, const struct terminal *t, const char *what, const char *how,
                    struct error *e)
{
    say(t, "Passphrase for ");
    say(t, what);
    say(t, how);
    secret_begin(out);
    enum err err = read_line(out, t, e);
    say(t, "\n");
    return err;
}

static bool is_same(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static enum err from_terminal(struct secret *out, const char *what, bool twice, struct error *e)
{
    struct terminal t = {.fd = -1};
    struct secret again = {.text = NULL};
    enum err err = terminal_open(&t, e);
    if (err != OK) return err;
    err = ask(out, &t, what, twice ? " (new): " : ": ", e);
    if (err == OK && twice) err = ask(&again, &t, what, " (once more): ", e);
    if (err == OK && twice && !is_same(out, &again)) err = fail(e, ERR_INVALID, "the two differ");
    secret_wipe(&again);
    terminal_close(&t);
    return err;
}

/* ---- any source ---- */

/* The first line, and nothing of it is taken off but its end: blanks may be meant. */
static enum err take_line(struct secret *s, bool fresh, struct error *e)
{
    const char *end = memchr(s->text, '\n', s->len);
    size_t len = end == NULL ? s->len : (size_t)(end - s->text);
    if (len > 0 && s->text[len - 1] == '\r') len--;
    s->len = len;
    if (len == 0) return fail(e, ERR_INVALID, "it is empty");
    if (len > LIMIT_PASSPHRASE_BYTES)
        return fail(e, ERR_INVALID, "it has more than %d bytes", LIMIT_PASSPHRASE_BYTES);
    if (fresh && len < LIMIT_PASSPHRASE_MIN_BYTES)
        return fail(e, ERR_INVALID, "a new one has %d bytes at least", LIMIT_PASSPHRASE_MIN_BYTES);
    return OK;
}

static enum err get(struct secret *out, const struct passphrase_source *s, const char *what, bool fresh,
                    struct error *e)
{
    if (s != NULL && s->file != NULL) return secret_from_file(out, s->file, e);
    if (s != NULL && s->command != NULL) return secret_from_command(out, s->command, e);
    if (s != NULL && s->terminal) return from_terminal(out, what, fresh, e);
    return fail(e, ERR_INVALID, "there is nobody to ask: a passphrase file or command is needed");
}

enum err passphrase_get(struct secret *out, const struct passphrase_source *s, const char *what, bool fresh,
                        struct error *e)
{
    if (s != NULL && s->file != NULL && s->command != NULL)
        return fail(e, ERR_USAGE,
                    "a passphrase file and a passphrase command were given; one of them is enough");
    enum err err = get(out, s, what, fresh, e);
    if (err == OK) err = take_line(out, fresh, e);
    if (err == OK) return OK;
    secret_wipe(out);
    return wrap(e, "the passphrase for '%s'", what);
}
