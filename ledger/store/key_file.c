/* SPDX-License-Identifier: MIT */
/* key_file.c - see key_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ledger/store/key_file.h"

/* ---- reading ---- */

static enum err open_content(struct secret *s, const char *what, const struct passphrase_source *from,
                             struct error *e)
{
    struct secret passphrase = {.text = NULL}, within = {.text = NULL};
    enum err err = passphrase_get(&passphrase, from, what, false, e);
    if (err != OK) return wrap(e, "it is protected by a passphrase");
    err = key_text_open(&within, (struct str){s->text, s->len}, (struct str){passphrase.text, passphrase.len},
                        e);
    secret_wipe(&passphrase);
    if (err != OK) return err;
    secret_wipe(s);
    *s = within;
    return OK;
}

enum err key_content_open(struct secret *s, const char *what, const struct passphrase_source *from,
                          struct error *e)
{
    if (!key_text_is_protected((struct str){s->text, s->len})) return OK;
    enum err err = open_content(s, what, from, e);
    if (err != OK) secret_wipe(s);
    return err;
}

enum err key_file_read_open(struct secret *out, int fd, const char *what,
                            const struct passphrase_source *from, struct error *e)
{
    enum err err = secret_from_open_file(out, fd, e);
    if (err != OK) {
        secret_wipe(out);
        return err;
    }
    return key_content_open(out, what, from, e);
}

enum err key_file_read(struct secret *out, const char *path, const struct passphrase_source *from,
                       struct error *e)
{
    enum err err = secret_from_file(out, path, e);
    if (err != OK) return err;
    return key_content_open(out, path, from, e) == OK ? OK : wrap(e, "cannot use '%s'", path);
}

bool key_file_is_protected(const char *path)
{
    struct secret content = {.text = NULL};
    struct error unused = {0};
    bool is = secret_from_file(&content, path, &unused) == OK &&
              key_text_is_protected((struct str){content.text, content.len});
    secret_wipe(&content);
    return is;
}

/* ---- writing ---- */

/* What is to stand in the file: the content, or the text that protects it. */
static enum err text_for(struct secret *out, const char *path, struct str content,
                         const struct passphrase_source *by, struct world w, struct error *e)
{
    struct secret passphrase = {.text = NULL}, again = {.text = NULL};
    enum err err = passphrase_get(&passphrase, by, path, true, e);
    if (err != OK) return err;
    struct str pass = {passphrase.text, passphrase.len};
    err = key_text_protect(out, content, pass, &key_file_cost, w, e);
    /* Before anything is replaced: a key that does not open again is a ledger that is lost. */
    if (err == OK) err = key_text_open(&again, (struct str){out->text, out->len}, pass, e);
    if (err == OK && !str_equal((struct str){again.text, again.len}, content))
        err = fail(e, ERR_STORAGE, "what was protected does not come out again");
    secret_wipe(&again);
    secret_wipe(&passphrase);
    if (err != OK) secret_wipe(out);
    return err;
}

enum err key_file_make(const char *path, struct str content, const struct passphrase_source *by,
                       struct world w, struct error *e)
{
    struct secret text = {.text = NULL};
    if (by == NULL) return secret_to_new_file(path, content, e);
    enum err err = text_for(&text, path, content, by, w, e);
    if (err == OK) err = secret_to_new_file(path, (struct str){text.text, text.len}, e);
    secret_wipe(&text);
    return err;
}

enum err key_file_protect(const char *path, const struct passphrase_source *from,
                          const struct passphrase_source *by, struct world w, struct error *e)
{
    struct secret content = {.text = NULL}, text = {.text = NULL};
    enum err err = key_file_read(&content, path, from, e);
    if (err != OK) return err;
    err = text_for(&text, path, (struct str){content.text, content.len}, by, w, e);
    if (err == OK) err = secret_replace_file(path, (struct str){text.text, text.len}, e);
    secret_wipe(&text);
    secret_wipe(&content);
    return err == OK ? OK : wrap(e, "cannot protect '%s'", path);
}

enum err key_file_unprotect(const char *path, const struct passphrase_source *from, struct error *e)
{
    struct secret content = {.text = NULL};
    if (file_exists(path) && !key_file_is_protected(path))
        return fail(e, ERR_REFUSED, "'%s' is not protected by a passphrase", path);
    enum err err = key_file_read(&content, path, from, e);
    if (err != OK) return err;
    err = secret_replace_file(path, (struct str){content.text, content.len}, e);
    secret_wipe(&content);
    return err == OK ? OK : wrap(e, "cannot put '%s' in clear", path);
}
