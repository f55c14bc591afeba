/* SPDX-License-Identifier: MIT */
/* doctor_machine.c - the program and the machine that it runs on: versions, limits, time zones, letters, and
 * the disk that the ledger lies on. */
#include <curl/curl.h>
#include <hpdf.h>
#include <libxml/xmlversion.h>
#include <lmdb.h>
#include <microhttpd.h>
#include <msgpack.h>
#include <openssl/crypto.h>
#include <png.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unicode/uversion.h>
#include <unistd.h>
#include <xlsxwriter.h>
#include <zlib.h>

#include "billing/daybook.h"
#include "billing/doctor.h"

/* ---- the program ---- */

void doctor_look_at_program(const struct doctor *d)
{
    struct utsname u = {0};
    int lmdb[3] = {0};
    (void)mdb_version(&lmdb[0], &lmdb[1], &lmdb[2]);
    bool known = uname(&u) == 0;
    doctor_tell(d, (struct symptom){.check = "program",
                                    .found = str_format(d->arena, "daybook %s on %s %s, %s", DAYBOOK_VERSION,
                                                        known ? u.sysname : "an unknown system", u.release,
                                                        u.machine)});
    doctor_tell(d,
                (struct symptom){
                    .check = "libraries",
                    .found = str_format(
                        d->arena,
                        "LMDB %d.%d.%d, OpenSSL %s, msgpack-c %s, libharu %s, zlib %s, libcurl %s, "
                        "jansson %s, ICU %s, libxml2 %s, libmicrohttpd %s, libpng %s, libxlsxwriter %s; "
                        "the fonts of documents are inside the program",
                        lmdb[0], lmdb[1], lmdb[2], OpenSSL_version(OPENSSL_VERSION_STRING), msgpack_version(),
                        HPDF_GetVersion(), zlibVersion(), curl_version_info(CURLVERSION_NOW)->version,
                        jansson_version_str(), U_ICU_VERSION, LIBXML_DOTTED_VERSION, MHD_get_version(),
                        png_get_libpng_ver(NULL), lxw_version())});
}

/* ---- the machine ---- */

static int year_of(struct instant t)
{
    int year = 0, month = 0, day = 0;
    date_split(instant_date(t), &year, &month, &day);
    return year;
}

static void look_at_zones(const struct doctor *d)
{
    enum { OLD_YEARS = 3 };
    struct str version = zones_data_version(d->arena);
    uint64_t year = 0;
    struct error unused = {0};
    struct symptom s = {.check = "time_zones",
                        .found = str_format(d->arena, "data of %.*s", STR_ARG(version))};
    if (version.len == 0) {
        s = (struct symptom){.check = "time_zones",
                             .health = HEALTH_WRONG,
                             .code = ERR_INCOMPLETE,
                             .found = STR("ICU has no time-zone data"),
                             .why = "Which date it is for a customer cannot be told outside of UTC.",
                             .advice = "Install ICU's data, or name their folder in ICU_TIMEZONE_FILES_DIR."};
    } else if (version.len > 4 && uint_parse(&year, (struct str){version.ptr, 4}, &unused) == OK &&
               (int64_t)year + OLD_YEARS <= year_of(d->world.now(d->world.self))) {
        s.health = HEALTH_LOOK;
        s.why = "Some countries have changed their clocks since.";
        s.advice = "Newer data are four files of ICU's, whose folder ICU_TIMEZONE_FILES_DIR names (README, "
                   "Libraries).";
    }
    doctor_tell(d, s);
}

static void look_at_limits(const struct doctor *d)
{
    enum { FILES_MIN = 256, LOCKED_MIN = 256 * 1024 };
    struct rlimit files = {0}, locked = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || getrlimit(RLIMIT_MEMLOCK, &locked) != 0) return;
    bool few = files.rlim_cur < FILES_MIN, little = locked.rlim_cur < LOCKED_MIN;
    doctor_tell(d, (struct symptom){
                       .check = "limits",
                       .health = few || little ? HEALTH_LOOK : HEALTH_OK,
                       .found = str_format(d->arena, "%ju open files, %ju KiB of locked memory",
                                           (uintmax_t)files.rlim_cur, (uintmax_t)(locked.rlim_cur / 1024)),
                       .why = few      ? "The nightly run and servers hold many files open at once."
                              : little ? "Keys may be written to the swap file when memory is short."
                                       : NULL,
                       .advice = few      ? "Raise it: ulimit -n 1024, or LimitNOFILE= of a service."
                                 : little ? "Raise it: ulimit -l 1024, or LimitMEMLOCK= of a service."
                                          : NULL});
}

/* As setlocale(3) would choose. */
static void look_at_letters(const struct doctor *d)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *value = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && (value == NULL || value[0] == '\0'); i++)
        value = getenv(names[i]); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
    struct str found = str_of(value);
    bool utf8 = false;
    for (size_t i = 0; i + 3 < found.len; i++)
        utf8 =
            utf8 || strncasecmp(found.ptr + i, "utf8", 4) == 0 || strncasecmp(found.ptr + i, "utf-8", 5) == 0;
    bool shown = isatty(STDOUT_FILENO) == 1;
    doctor_tell(
        d, (struct symptom){.check = "letters",
                            .health = utf8 || !shown ? HEALTH_OK : HEALTH_LOOK,
                            .found = found.len == 0 ? STR("no locale is set; texts are UTF-8 all the same")
                                                    : str_format(d->arena, "locale %.*s; texts are UTF-8",
                                                                 STR_ARG(text_quotable(found))),
                            .why = utf8 || !shown
                                       ? NULL
                                       : "This terminal may show names with letters beyond ASCII wrongly.",
                            .advice = utf8 || !shown ? NULL : "Set LC_ALL=C.UTF-8."});
}

void doctor_look_at_machine(const struct doctor *d)
{
    look_at_zones(d);
    look_at_limits(d);
    look_at_letters(d);
}

/* ---- the disk ---- */

static const struct {
    uint32_t magic;
    const char *name, *why, *advice;
} systems[] = {
    {0xef53, "ext4", NULL, NULL},
    {0x58465342, "XFS", NULL, NULL},
    {0x9123683e, "Btrfs", NULL, NULL},
    {0x2fc12fc1, "ZFS", NULL, NULL},
    {0xf2f52010, "F2FS", NULL, NULL},
    {0x01021994, "tmpfs", "It is in memory alone: when the machine stops, the ledger is gone.",
     "Move it to a disk, unless it is for trying out."},
    {0x858458f6, "ramfs", "It is in memory alone: when the machine stops, the ledger is gone.",
     "Move it to a disk, unless it is for trying out."},
    {0x794c7630, "overlay", "It is a container's layer: when the container is removed, the ledger is gone.",
     "Give the container a volume for it, unless it is for trying out."},
    {0x4d44, "FAT", "It has no modes: whoever uses this machine can read the files.",
     "Move it to another file system."},
};

static void look_at_file_system(const struct doctor *d, const struct statfs *info)
{
    uint32_t magic = (uint32_t)((uint64_t)info->f_type & 0xffffffffu);
    const char *network = file_system_network(magic);
    struct symptom s = {
        .check = "file_system",
        .found = str_format(d->arena, "of a kind that is not known here (%#jx)", (uintmax_t)magic)};
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        if (systems[i].magic != magic) continue;
        s.found = str_of(systems[i].name);
        s.health = systems[i].why == NULL ? HEALTH_OK : HEALTH_LOOK;
        s.why = systems[i].why;
        s.advice = systems[i].advice;
    }
    if (network != NULL)
        s = (struct symptom){.check = "file_system",
                             .health = HEALTH_WRONG,
                             .code = ERR_STORAGE,
                             .found = str_format(d->arena, "%s, over a network", network),
                             .why = "Memory maps and locks do not hold there; Daybook refuses to open it.",
                             .advice = "Move the ledger to a disk of this machine."};
    doctor_tell(d, s);
}

static struct str mebibytes(struct arena *a, uint64_t bytes)
{
    enum { MIB = 1024 * 1024 };
    return bytes < MIB ? str_format(a, "%ju KiB", (uintmax_t)(bytes / 1024))
                       : str_format(a, "%ju MiB", (uintmax_t)(bytes / MIB));
}

static void look_at_room(const struct doctor *d, const struct statvfs *info)
{
    static const uint64_t none = UINT64_C(4) << 20, little = UINT64_C(256) << 20;
    uint64_t left = (uint64_t)info->f_bavail * info->f_frsize;
    struct symptom s = {.check = "disk",
                        .found = str_format(d->arena, "%.*s free", STR_ARG(mebibytes(d->arena, left)))};
    if (left < none) {
        s.health = HEALTH_WRONG;
        s.code = ERR_STORAGE;
        s.why = "The next command or the next night will fail for want of room; nothing that was "
                "acknowledged is lost by it.";
        s.advice = "Make room: nothing of the ledger may be deleted, but old outputs of runs may.";
    } else if (left < little) {
        s.health = HEALTH_LOOK;
        s.why = "A night of many documents may need more.";
        s.advice = "Make room before the next one.";
    }
    doctor_tell(d, s);
}

static void look_at_inodes(const struct doctor *d, const struct statvfs *info)
{
    enum { FILES_MIN = 64, FILES_FEW = 10000 };
    if (info->f_files == 0) return; /* the file system does not count them */
    struct symptom s = {.check = "inodes",
                        .found = str_format(d->arena, "room for %ju more files", (uintmax_t)info->f_favail)};
    if (info->f_favail < FILES_FEW) {
        s.health = info->f_favail < FILES_MIN ? HEALTH_WRONG : HEALTH_LOOK;
        s.code = s.health == HEALTH_WRONG ? ERR_STORAGE : OK;
        s.why = "Each PDF of a night is a file.";
        s.advice = "Remove files that nobody needs, or move the outputs of runs elsewhere.";
    }
    doctor_tell(d, s);
}

void doctor_look_at_disk(const struct doctor *d)
{
    struct statfs kind = {0};
    struct statvfs room = {0};
    if (statfs(d->options->dir, &kind) != 0 || statvfs(d->options->dir, &room) != 0)
        return; /* others say so */
    look_at_file_system(d, &kind);
    if ((room.f_flag & ST_RDONLY) != 0)
        doctor_tell(d,
                    (struct symptom){.check = "mount",
                                     .health = HEALTH_LOOK,
                                     .found = STR("the file system is mounted for reading only"),
                                     .why = "The ledger can be verified without key there, and nothing else.",
                                     .advice = "Mount it for writing, if it is not a copy to be looked at."});
    look_at_room(d, &room);
    look_at_inodes(d, &room);
}
