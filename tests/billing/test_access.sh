#!/bin/bash
# SPDX-License-Identifier: MIT
# test_access.sh - who may do what, at the command line: tokens by file and command, what the log says of them, that no token is
# kept or told anywhere, and that nobody but the ledger's user gets at its files.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(TMPDIR=/tmp mktemp -d) || exit 1 # where other users get to
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0 good=0 skipped=0
unset DAYBOOK_DIR DAYBOOK_TOKEN_FILE DAYBOOK_KEY_FILE

fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
at() { "$daybook" --dir d --now 2025-01-10 "$@"; }
# gives STATUS SAYS COMMAND... - it ends so, and says that on standard error ('': nothing).
gives() {
    local wanted=$1 says=$2 status=0
    shift 2
    "$@" >out 2>said || status=$?
    cat out said >>everything
    [ "$status" = "$wanted" ] || { fail "'$*' gave $status, wanted $wanted: $(cat said)" && return; }
    if [ -z "$says" ]; then [ ! -s said ] || { fail "'$*' said: $(cat said)" && return; }; fi
    grep -qF -- "$says" said || [ -z "$says" ] || { fail "'$*' said: $(cat said), not: $says" && return; }
    good=$((good + 1))
}
mode() { stat -c %a "$1"; }
is() { if [ "$1" = "$2" ]; then good=$((good + 1)); else fail "$3: got $1, wanted $2"; fi; }

# ---- what daybook makes is its user's alone, whatever the umask
for mask in 000 022 077; do
    rm -rf m m.*
    (umask $mask && mkdir m && "$daybook" --now 2025-01-10 init m --quiet) || fail "init with umask $mask"
    (umask $mask && "$daybook" --dir m --now 2025-01-10 customer create ann --quiet &&
        "$daybook" --dir m key new-checkpoint signer.$mask --quiet &&
        "$daybook" --dir m audit checkpoint --checkpoint-key signer.$mask --quiet) || fail "commands with umask $mask"
    is "$(find m -perm /077 | wc -l)" 0 "files open to others with umask $mask"
    is "$(mode m) $(mode m/log) $(mode m/log/data.mdb) $(mode m/views/data.mdb) $(mode m.key)" '700 700 600 600 600' "modes with umask $mask"
done

# ---- a ledger that is open to others is refused with what mends it
for path in m m/log m/log/data.mdb m/views m/views/data.mdb m/views/state m/checkpoints; do
    before=$(mode "$path")
    chmod g+r "$path"
    gives 3 "'$path' has mode $(stat -c %04a "$path"), and others must not get at it: chmod -R go= 'm'" "$daybook" --dir m stats
    chmod -R go= m
    is "$(mode "$path")" "$before" "$path mended"
    gives 0 '' "$daybook" --dir m stats
done
chmod 755 m
gives 8 'has mode 0755' "$daybook" --dir m audit verify
gives 0 '' "$daybook" --dir m audit verify --without-key # an auditor's copy may have any
chmod 700 m
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && id nobody >/dev/null 2>&1; then
    cp "$daybook" "$work/daybook" && chmod 711 "$work" && chmod 755 "$work/daybook"
    as_nobody() { setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$work/daybook" "$@"; }
    gives 6 'ermission denied' as_nobody --dir "$work/m" audit verify --without-key
    chown nobody m/log/data.mdb
    gives 3 "'m/log/data.mdb' belongs to user $(id -u nobody), and this is user 0: run it as that user, or chown -R 0 'm'" "$daybook" --dir m stats
    mkdir n && mv m m.* n && chown -R nobody n # the anchor is kept beside the directory
    gives 3 "'n/m' belongs to user" "$daybook" --dir n/m stats
    gives 0 '' as_nobody --dir "$work/n/m" stats
    is "$(stat -c %U n/m/log/data.mdb)" nobody 'owner stays'
else
    echo 'SKIP: other users need root, setpriv and a user nobody' && skipped=$((skipped + 1))
fi

# ---- tokens: by file, environment or command, never as an argument
"$daybook" --now 2025-01-10 init d --quiet
at customer create ann --name 'Ann Secretname' --email secretmail@example.com --quiet
gives 0 '' at actor add root --role administrator --output root.token
is "$(mode root.token)" 600 'mode of a token file'
gives 1 'no token was shown' at stats
gives 0 '' at --token-file root.token stats
gives 0 '' env DAYBOOK_TOKEN_FILE=root.token "$daybook" --dir d stats
gives 0 '' at --token-command 'cat root.token' stats
gives 2 'one of them is enough' at --token-file root.token --token-command 'cat root.token' stats
gives 2 "there is no option '--token'" at --token x stats
chmod 640 root.token
gives 3 'chmod 600' at --token-file root.token stats
chmod 600 root.token
gives 1 'cannot get the token' at --token-file none.token stats
gives 1 'knows who asks by the token alone' at --token-file root.token --actor boss stats
gives 0 '' at --token-file root.token --quiet actor add night --role operator
token=$(sed -n 's/^token  *\(dbk_.*\)/\1/p' out)
[ ${#token} = 52 ] || fail "no token is told with --quiet: $(cat out)"
(umask 077 && echo "$token" >night.token)
gives 1 'there is a file of that name' at --token-file root.token token issue night --output root.token
gives 3 'it lies inside the ledger' at --token-file root.token token issue night --output d/token
is "$(at --token-file root.token --json token list | wc -l)" 2 'tokens after refused issues'

# ---- roles
for role in accountant auditor; do gives 0 '' at --token-file root.token actor add $role --role $role --output $role.token; done
gives 1 "'night' is operator, and may not 'report': accountant, auditor or administrator may" at --token-file night.token report trial_balance
gives 1 "'night' is operator, and may not 'customer list'" at --token-file night.token customer list
gives 1 "'auditor' is auditor, and may not 'customer create': operator or administrator may" at --token-file auditor.token customer create eve
gives 1 "'accountant' is accountant, and may not 'audit log': auditor or administrator may" at --token-file accountant.token report audit_trail # it is the same by another name
gives 0 '' at --token-file auditor.token report audit_trail
gives 1 "'accountant' is accountant, and may not 'key new-checkpoint': administrator may" at --token-file accountant.token key new-checkpoint sign
[ ! -e sign ] || fail 'a key was made all the same'
gives 0 '' at --token-file night.token run --through 2025-01-10 --out out.d --quiet
gives 0 '' at --token-file auditor.token audit verify --quiet
gives 0 '' at --token-file accountant.token customer show ann
gives 0 '' at --token-file auditor.token export ann -o ann.csv --quiet

# The table that the program tells is the one that it keeps to: each role is refused what it may not, of all commands.
at --token-file root.token --json actor roles >roles.json
told=0
while IFS=$'\t' read -r command operator accountant auditor; do
    for role in "$operator night" "$accountant accountant" "$auditor auditor"; do
        read -r may who <<<"$role"
        if [ "$(at --token-file root.token --json actor show "$who" | grep -c "\"$command\"")" = 1 ]; then shown=true; else shown=false; fi
        told=$((told + 1))
        [ "$shown" = "$may" ] || fail "actor show $who says $shown of $command, the table $may"
    done
done < <(sed -n 's/.*"command": *"\([^"]*\)", *"operator": *\([a-z]*\), *"accountant": *\([a-z]*\), *"auditor": *\([a-z]*\),.*/\1\t\2\t\3\t\4/p' roles.json | head -n 12)
is "$told" 36 'commands and roles compared'

# What copies the sealed ledger needs neither key nor token; with a token it is judged and noted.
gives 0 '' "$daybook" --dir d --key-file none backup bak
gives 0 '' at --token-file night.token backup bak
gives 1 "'auditor' is auditor, and may not 'backup': operator or administrator may" at --token-file auditor.token backup bak
gives 0 '' at --token-file root.token --json audit log --action backup --result 'done'
grep -q '"subject": *"bak"' out || fail "the backup is not noted: $(cat out)"

# What signs beside what it is there for is noted for its key, too, and what does not is not.
gives 0 '' at --token-file root.token key new-checkpoint signer
gives 0 '' at --token-file night.token run --through 2025-01-11 --out out.e --quiet
is "$(at --token-file root.token --json audit log --action run | grep -c key_used)" 0 'keys used by a night without one'
gives 0 '' at --token-file night.token --checkpoint-key signer run --through 2025-01-11 --out out.e --quiet
is "$(at --token-file root.token --json audit log --action run | grep -c key_used)" 1 'keys used by a night that signs'
gives 0 '' at --token-file auditor.token --checkpoint-key signer audit export archive --quiet
is "$(at --token-file root.token --json audit log --action 'audit export' | grep -c key_used)" 1 'keys used by an archive that is signed'

# ---- tokens of every wrong kind
wrong() { # wrong TEXT SAYS
    (umask 077 && printf '%s\n' "$1" >wrong.token)
    gives 1 "$2" at --token-file wrong.token stats
}
wrong "${token:0:51}" 'cut or misspelt'
wrong "${token}A" 'cut or misspelt'
wrong "${token/dbk_/dbx_}" 'cut or misspelt'
wrong "$(tr '[:lower:]' '[:upper:]' <<<"$token")" 'cut or misspelt'
wrong '' 'cut or misspelt'
"$daybook" --now 2025-01-10 init other --quiet
"$daybook" --dir other --now 2025-01-10 actor add root --role administrator --output other.token >/dev/null
wrong "$(cat other.token)" "none of this ledger's"
gives 0 '' at --token-file root.token token issue night --until 2025-01-10 --output day.token
gives 0 '' at --token-file day.token stats
gives 1 'ended on 2025-01-10' "$daybook" --dir d --now 2025-01-11 --token-file day.token stats
gives 0 '' at --token-file root.token token revoke tok_2
gives 1 "token tok_2 of 'night' was revoked" at --token-file night.token stats
gives 1 'last token of an administrator' at --token-file root.token token revoke tok_1
gives 1 'last administrator' at --token-file root.token actor remove root

# ---- who lost all tokens but has the key
gives 1 'is to be named on the command line' env DAYBOOK_KEY_FILE=d.key "$daybook" --dir d actor recover zoe
gives 0 '' at --key-file d.key actor recover zoe --output zoe.token
gives 0 '' at --token-file zoe.token --json audit log --action 'actor recover' --result 'done'
grep -q 'ACCESS RECOVERED' out || fail "the record is not loud: $(cat out)"

# ---- what the log has
at --token-file zoe.token --json audit log >log.json
for line in '"actor": *"auditor".*"action": *"export"' '"action": *"customer.show".*"result": *"done"' \
    '"actor": *"unauthenticated".*"result": *"refused"' '"actor": *"accountant".*"action": *"key.new-checkpoint"' \
    'tok_2 was revoked' 'unknown token' '"action": *"run".*"subject": *"out.d"'; do
    grep -q "$line" log.json || fail "the audit log has no $line"
    good=$((good + 1))
done
gives 0 '' at --token-file zoe.token audit log ann --by accountant
grep -q customer.show out || fail "the log of ann does not say who read: $(cat out)"
gives 0 '' at --token-file zoe.token audit verify --quiet

# What was read and cannot be noted, as on a full disk, is no success.
gives 6 "'customer show' was done, and cannot be noted in the audit log" \
    bash -c 'trap "" XFSZ; ulimit -f 40; exec "$@"' limited "$daybook" --dir d --now 2025-01-10 --token-file zoe.token customer show ann

# The views say the same after a rebuild.
counts() { at --token-file zoe.token --json stats | tr -d ' \n' | sed 's/"[a-z_]*bytes":[0-9]*//g'; }
before=$(counts)
gives 0 '' at --token-file zoe.token rebuild --quiet
is "$(counts)" "$before" 'after a rebuild'

# ---- no token anywhere: files of the ledger, answers, errors; nor who somebody is
for file in root.token day.token zoe.token accountant.token; do
    text=$(cat "$file")
    if grep -rqF -- "$text" d everything log.json || grep -rqF -- "${text:4:20}" d everything log.json; then fail "$file is told or kept"; fi
    good=$((good + 1))
done
if grep -rqF -e Secretname -e secretmail d log.json; then fail 'personal data stand in clear'; fi
echo "$good passed, $bad failed, $skipped skipped"
[ $bad = 0 ]
