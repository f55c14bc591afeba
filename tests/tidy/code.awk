# SPDX-License-Identifier: MIT
# code.awk - C files without comments and with empty strings, each line as "file:line: code", for the checks that look for words.
FNR == 1 { inside = 0 }
{
    rest = $0
    code = ""
    while (rest != "") {
        if (inside) {
            end = index(rest, "*/")
            rest = end == 0 ? "" : substr(rest, end + 2)
            inside = end == 0
        } else if (match(rest, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\//)) {
            word = substr(rest, RSTART, RLENGTH)
            code = code substr(rest, 1, RSTART - 1)
            rest = word == "//" ? "" : substr(rest, RSTART + RLENGTH)
            inside = word == "/*"
            if (!inside && word != "//") code = code "\"\""
        } else {
            code = code rest
            rest = ""
        }
    }
    print FILENAME ":" FNR ": " code
}
