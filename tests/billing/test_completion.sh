#!/bin/bash
# SPDX-License-Identifier: MIT
# test_completion.sh - bash, zsh and fish complete commands, options and values of daybook, those of the ledger too, as far as
# whoever asks may see them; and asking changes nothing.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_TOKEN_FILE
# shellcheck disable=SC1091
. billing/daybook.bash
cd "$work" || exit 1
bad=0 good=0 skipped=0
result() { # result OK WHAT
    if [ "$1" = 0 ]; then good=$((good + 1)); else bad=$((bad + 1)) && echo "FAIL: $2"; fi
}

# completes WORD... WANTED: the last but one word is the one being typed; WANTED must be among what bash is offered, "!X" must not.
completes() {
    local wanted=${!#}
    COMP_WORDS=("$daybook" "${@:1:$#-1}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _daybook
    local offered=" ${COMPREPLY[*]-} " ok=1
    case $wanted in
    !*) [[ $offered != *" ${wanted#!} "* ]] && ok=0 ;;
    *) [[ $offered == *" $wanted "* ]] && ok=0 ;;
    esac
    result $ok "${*:1:$#-1} gave:$offered (wanted $wanted)"
}

completes '' subscription
completes '' run
completes '' '!complete'
completes sub subscription
completes sub '!invoice'
completes subscription '' create
completes subscription '' history
completes subscription up update
completes --dir /tmp payment-method '' default
completes invoice '' '!subscription'
completes nonsense '' '!subscription'
completes subscription create u1 --ti --tier
completes subscription create u1 -- --payment-method
completes subscription create u1 -- --json
completes subscription create u1 -- '!--through'
completes subscription create u1 --tier pro -- '!--tier'
completes run -- --through
completes invoice pdf INV-1 --out --output
completes --k --key-file
completes subscription create u1 --interval '' year
completes subscription create u1 --interval '' '!default'
completes subscription create u1 --interval = y year
completes subscription create u1 --interval=y --interval=year
completes invoice list --status pa partially_paid
completes actor add eve --role au auditor
completes actor add eve --role '' '!none'
completes --token-file t actor '' recover
completes token '' revoke
completes --to --token-file
completes --color '' never
completes import '' usage
completes import '' stripe
completes imported list --kind ch charge
completes imported list --kind '' '!nothing'
completes report tr trial_balance
completes report journal --format '' beancount
completes report ar_aging --currency E EUR
completes customer create u1 --country S SI
completes help sub subscription
completes help subscription '' create
completes completion '' fish
completes audit log --action invoice.p invoice.pdf
mkdir folder && : >file.csv
completes import usage 'fi' file.csv
completes import usage fo folder
completes run --out '' folder
completes run --out '' '!file.csv'
completes backup fo folder
completes backup '' list

# --- what is in the ledger

"$daybook" --now 2025-01-01 --dir books init --quiet || exit 1
for user in ann 'ben b' carl; do
    "$daybook" --now 2025-01-01 --dir books subscription create "$user" --tier basic --payment-method pm_card_visa --quiet
done
"$daybook" --now 2025-01-01 --dir books customer update ann --name 'Ann Annson' --email ann@example.com --quiet
"$daybook" --now 2025-01-01 --dir books run --through 2025-01-01 --out out --quiet
everything() { find books books.* -type f ! -name lock.mdb -exec sha256sum {} + | sort; }
everything >before

completes subscription show a '!ann'
export DAYBOOK_DIR=books
completes subscription show a ann
completes subscription show '' 'ben\ b'
completes report statement --customer c carl
completes --dir nowhere subscription show a '!ann'
completes customer create a '!ann'
completes invoice show INV-2025-00000 INV-2025-000003
completes subscription update ann --tier '' enterprise
completes usage record ann '' api_calls
completes payment refund '' txn_1
completes subscription cancel ann --subscription '' sub_1
completes subscription cancel ann --subscription '' '!sub_2'
completes payment-method remove carl '' pm_card_visa
"$daybook" complete subscription show '' >out.txt 2>&1
! grep -qi 'annson\|example.com' out.txt
result $? 'names and addresses are never offered'
everything >after
cmp -s before after
result $? 'nothing was written'

echo long-enough-for-a-test >phrase && chmod 600 phrase
"$daybook" key protect --new-passphrase-file phrase --quiet
completes subscription show a '!ann'
"$daybook" --passphrase-file phrase key unprotect --quiet
completes subscription show a ann
"$daybook" complete --key-command 'touch ran' subscription show '' >out.txt 2>&1
[ ! -s out.txt ] && [ ! -e ran ]
result $? 'no command is run for it'
mv books.anchor hidden
completes subscription show a '!ann'
mv hidden books.anchor

"$daybook" actor add root --role administrator --output root.token --quiet >out.txt
"$daybook" --token-file root.token actor add otto --role operator --output otto.token --quiet >out.txt
completes subscription show a '!ann'
completes --token-file otto.token subscription show a ann
completes --token-file otto.token actor show '' '!root'
completes --token-file root.token actor show '' otto
DAYBOOK_TOKEN_FILE=otto.token completes subscription show a ann

printf 'user_id,tier\n' >many.csv
for i in $(seq 1000 1400); do echo "many$i,free" >>many.csv; done
"$daybook" --token-file root.token import customers many.csv --quiet
[ "$("$daybook" complete --token-file otto.token subscription show many | wc -l)" -le 200 ]
result $? 'not more than a screen is offered'
completes --token-file otto.token subscription show many1399 many1399

# --- a hint for who mistypes one of these

hints() { # hints PATTERN ARGUMENT...
    "$daybook" --token-file otto.token "${@:2}" >out.txt 2>&1
    grep -q "$1" out.txt
    result $? "'daybook ${*:2}' says $(cat out.txt) (wanted $1)"
}
hints "did you mean 'ann'" subscription update anm --tier pro
hints "did you mean 'pro'" subscription update ann --tier prro
hints "did you mean 'basic'" subscription create somebody --tier bassic
hints "did you mean 'usage'" import usgae file.csv
hints "did you mean 'INV-2025-000003'" invoice show INV-2025-00003
hints "did you mean 'partially_paid'" invoice list --status partialy_paid
hints "'qqq'$" subscription update qqq --tier pro
"$daybook" --token-file root.token report arging >out.txt 2>&1
grep -q "there is no report 'arging'.*did you mean 'ar_aging'" out.txt
result $? 'a report that there is not'
"$daybook" subscription update anm --tier pro >out.txt 2>&1
! grep -q 'did you mean' out.txt
result $? 'who shows no token is told of nobody'

# --- the other shells, and what is installed

for shell in bash zsh fish; do
    "$daybook" completion $shell | cmp -s - "$OLDPWD/billing/daybook.$shell"
    result $? "completion $shell prints the script"
done
"$daybook" completion tcsh >out.txt 2>&1
[ $? = 2 ] && grep -q 'bash, zsh or fish' out.txt
result $? 'a shell that is not known'
mkdir bin && ln -s "$daybook" bin/daybook
export PATH=$work/bin:$PATH DAYBOOK_TOKEN_FILE=otto.token

if command -v fish >/dev/null; then
    mkdir -p home/.config/fish/completions
    "$daybook" completion fish >home/.config/fish/completions/daybook.fish
    in_fish() { HOME=$work/home fish --no-config -c "source $work/home/.config/fish/completions/daybook.fish; complete -C '$1'" 2>&1; }
    in_fish 'daybook sub' | grep -q '^subscription'
    result $? 'fish completes a command'
    in_fish 'daybook subscription show a' | grep -qx 'ann'
    result $? 'fish completes a user'
    in_fish 'daybook report ' | grep -q "^trial_balance"$'\t'"accounts with"
    result $? 'fish tells what a report is'
    in_fish 'daybook import usage fi' | grep -q '^file.csv'
    result $? 'fish completes files'
else
    skipped=$((skipped + 4))
    echo '[SKIP] there is no fish'
fi

if command -v zsh >/dev/null; then
    mkdir functions && "$daybook" completion zsh >functions/_daybook
    # A shell on a pseudo-terminal, to which a line and a tab are typed; what the line became stands between the marks.
    in_zsh() {
        python3 - "$1" <<'PY'
import os, pty, re, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp("zsh", ["zsh", "-f", "-i"])
def read_until(pattern):
    text = b""
    while not re.search(pattern, text, re.S):
        if not select.select([fd], [], [], 20)[0]:
            break
        try:
            text += os.read(fd, 65536)
        except OSError:
            break
    return text
setup = r"""PS1= RPS1= PROMPT_EOL_MARK= ; unsetopt zle_bracketed_paste; fpath=($PWD/functions $fpath); autoload -Uz compinit
compinit -u -D; zstyle ':completion:*' verbose no; bindkey '^I' expand-or-complete
show() { print -r -- "LINE""<$BUFFER>"; BUFFER=; zle accept-line }; zle -N show; bindkey '^X' show
print RE""ADY
"""
os.write(fd, setup.encode())
read_until(b"READY")
os.write(fd, sys.argv[1].encode() + b"\t\x18")
found = re.search(rb"LINE<(.*?)>", read_until(rb"LINE<.*>"), re.S)
print(found.group(1).decode() if found else "")
os.write(fd, b"exit\n")
os.close(fd)
PY
    }
    zsh_gives() {
        local line
        line=$(in_zsh "$1")
        [ "$line" = "$2" ]
        result $? "zsh made '$line' of '$1' (wanted '$2')"
    }
    zsh_gives 'daybook subs' 'daybook subscription '
    zsh_gives 'daybook subscription show car' 'daybook subscription show carl '
    zsh_gives 'daybook subscription create x --tie' 'daybook subscription create x --tier '
    zsh_gives 'daybook report trial' 'daybook report trial_balance '
    zsh_gives 'daybook import usage fi' 'daybook import usage file.csv '
else
    skipped=$((skipped + 5))
    echo '[SKIP] there is no zsh'
fi

echo "$good passed, $bad failed, $skipped skipped"
[ $bad = 0 ]
