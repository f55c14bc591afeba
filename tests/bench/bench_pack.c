/* SPDX-License-Identifier: MIT */
/* bench_pack.c - packs records as archives have them: from the standard input, each behind its length in 4
 * bytes, big-endian, into a file in the folder. verify_archive.py has its archives from here. */
#include "tests/bench/bench.h"

static uint64_t pack(struct segment_writer *w, FILE *from)
{
    static uint8_t record[LIMIT_RECORD_BYTES];
    struct error e = {0};
    uint8_t length[4];
    uint64_t count = 0;
    while (fread(length, 1, sizeof length, from) == sizeof length) {
        size_t len = be32_get(length);
        if (len > sizeof record || fread(record, 1, len, from) != len) {
            fputs("benchmark: the input is cut off\n", stderr);
            exit(1);
        }
        bench_must(segment_add(w, (struct bytes){record, len}, &e), &e);
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct error e = {0};
    struct segment_writer *w = NULL;
    struct segment_facts facts = {.bytes = 0};
    if (argc != 3) {
        fputs("usage: bench_pack FOLDER FILE < RECORDS\n", stderr);
        return 2;
    }
    bench_must(segment_begin(&w, argv[1], &e), &e);
    uint64_t begin = world_monotonic_ns(), count = pack(w, stdin);
    bench_must(segment_end(&facts, w, &e), &e);
    printf("pack_segment %ju records/s\n", (uintmax_t)per_second(count, world_monotonic_ns() - begin));
    bench_must(segment_place(w, argv[2], &e), &e);
    return 0;
}
