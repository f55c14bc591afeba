/* SPDX-License-Identifier: MIT */
/* completion.c - the shells' scripts, carried inside the program: 'daybook completion SHELL' prints one. */
#include "billing/complete.h"

#define CARRY(name, file)                                                              \
    extern const char name[], name##_end[] __attribute__((visibility("hidden")));      \
    __asm__(".pushsection .rodata\n.globl " #name "\n.hidden " #name "\n.globl " #name \
            "_end\n.hidden " #name "_end\n" #name ":\n.incbin \"" file "\"\n" #name    \
            "_end:\n.byte 0\n.popsection\n")
CARRY(script_bash, "billing/daybook.bash");
CARRY(script_zsh, "billing/daybook.zsh");
CARRY(script_fish, "billing/daybook.fish");

enum err completion_script(FILE *to, struct str shell, struct error *e)
{
    const struct {
        const char *shell, *text, *end;
    } scripts[] = {{"bash", script_bash, script_bash_end},
                   {"zsh", script_zsh, script_zsh_end},
                   {"fish", script_fish, script_fish_end}};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (!str_is(shell, scripts[i].shell)) continue;
        size_t len = (size_t)(scripts[i].end - scripts[i].text);
        if (fwrite(scripts[i].text, 1, len, to) == len) return OK;
        return fail(e, ERR_STORAGE, "cannot write to standard output");
    }
    return fail(e, ERR_USAGE, "there is no completion for '%.*s': bash, zsh or fish",
                STR_ARG(text_quotable(shell)));
}
