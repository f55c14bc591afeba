/* SPDX-License-Identifier: MIT */
/* httpd_listen.c - see httpd_listen.h. A socket in the file system is for whoever may read and write it; one
 * that a dead server left behind is replaced, one that somebody listens to is not. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "billing/httpd_listen.h"

enum { BACKLOG = 1024, FIRST_INHERITED = 3 };

/* ---- addresses ---- */

/* "[::1]:8080" is "[::1]" and "8080"; without a colon there is no host. */
static struct str cut_port(struct str *host, struct str listen)
{
    size_t colon = listen.len;
    while (colon > 0 && listen.ptr[colon - 1] != ':') colon--;
    *host = (struct str){listen.ptr, colon == 0 ? 0 : colon - 1};
    return (struct str){listen.ptr + colon, listen.len - colon};
}

static enum err resolve(struct addrinfo **out, struct str listen, struct arena *a, struct error *e)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct str host = STR_NONE, port = cut_port(&host, listen);
    bool brackets = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (brackets) host = (struct str){host.ptr + 1, host.len - 2};
    struct error unused = {0};
    uint64_t number = 0;
    bool whole = host.len > 0 && uint_parse(&number, port, &unused) == OK && number <= UINT16_MAX;
    if (whole && getaddrinfo(str_cstring(a, host), str_cstring(a, port), &hints, out) == 0) return OK;
    return fail(e, ERR_INVALID,
                "--listen: '%.*s' is no address, as in 127.0.0.1:8080, [::1]:8080 or unix:/run/daybook.sock",
                STR_ARG(text_quotable(listen)));
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0) return 0;
    if (at.ss_family == AF_INET6) {
        memcpy(&v6, &at, sizeof v6);
        return ntohs(v6.sin6_port);
    }
    memcpy(&v4, &at, sizeof v4);
    return ntohs(v4.sin_port);
}

static enum err cannot_listen(int fd, struct str address, struct error *e)
{
    enum err err = fail_errno(e, errno, "cannot listen to %.*s", STR_ARG(text_quotable(address)));
    if (fd >= 0) (void)close(fd);
    return err;
}

static enum err listen_to_address(struct listening *out, struct str address, struct arena *a, struct error *e)
{
    struct addrinfo *at = NULL;
    const int on = 1;
    enum err err = resolve(&at, address, a, e);
    if (err != OK) return err;
    if (at == NULL) WRONG("an address was found, and is not there");
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool works = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                 bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    freeaddrinfo(at);
    if (!works) return cannot_listen(fd, address, e);
    struct str host = STR_NONE;
    (void)cut_port(&host, address);
    *out = (struct listening){.fd = fd, .url = str_format(a, "http://%.*s:%u", STR_ARG(host), port_of(fd))};
    return OK;
}

/* ---- sockets in the file system ---- */

static bool somebody_listens(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    if (fd >= 0) (void)close(fd);
    return yes;
}

/* Only a socket is ever removed. */
static enum err make_room(const struct sockaddr_un *at, struct error *e)
{
    struct stat st;
    if (lstat(at->sun_path, &st) != 0) return OK;
    if (!S_ISSOCK(st.st_mode)) return fail(e, ERR_STORAGE, "'%s' is there, and is no socket", at->sun_path);
    if (somebody_listens(at)) return fail(e, ERR_CONFLICT, "somebody listens to '%s' already", at->sun_path);
    if (unlink(at->sun_path) != 0) return fail_errno(e, errno, "cannot remove '%s'", at->sun_path);
    return OK;
}

/* Owner and group may connect, nobody else: it is one mode before it can be connected to. */
static enum err listen_to_path(struct listening *out, struct str path, struct arena *a, struct error *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (path.len == 0 || path.len >= sizeof at.sun_path)
        return fail(e, ERR_INVALID, "--listen: a socket's path has 1 to %zu bytes", sizeof at.sun_path - 1);
    bytes_put(at.sun_path, str_bytes(path));
    enum err err = make_room(&at, e);
    if (err != OK) return err;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool works = fd >= 0 && fchmod(fd, 0660) == 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
                 chmod(at.sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0;
    if (!works) return cannot_listen(fd, path, e);
    *out = (struct listening){
        .fd = fd, .url = str_format(a, "unix:%.*s", STR_ARG(path)), .unlinked = str_cstring(a, path)};
    return OK;
}

/* ---- sockets that systemd has opened: sd_listen_fds(3) ---- */

static bool is_number(const char *name, uint64_t wanted)
{
    const char *text = getenv(name);
    struct error unused;
    uint64_t number = 0;
    return text != NULL && uint_parse(&number, str_of(text), &unused) == OK && number == wanted;
}

/* Whatever else has that number is none of ours. */
static bool is_listening(int fd)
{
    int yes = 0;
    socklen_t len = sizeof yes;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes != 0;
}

static enum err take_inherited(struct listening *out, struct error *e)
{
    if (!is_number("LISTEN_PID", (uint64_t)getpid()) || !is_number("LISTEN_FDS", 1) ||
        !is_listening(FIRST_INHERITED))
        return fail(e, ERR_INVALID,
                    "--listen systemd: the program was not started for one socket of systemd's");
    if (fcntl(FIRST_INHERITED, F_SETFD, FD_CLOEXEC) != 0)
        return fail_errno(e, errno, "cannot take the socket of systemd's");
    *out = (struct listening){.fd = FIRST_INHERITED, .url = STR("systemd")};
    return OK;
}

enum err listen_begin(struct listening *out, struct str address, struct arena *a, struct error *e)
{
    static const char unix_socket[] = "unix:";
    const size_t prefix = sizeof unix_socket - 1;
    if (str_is(address, "systemd")) return take_inherited(out, e);
    if (!str_starts(address, unix_socket)) return listen_to_address(out, address, a, e);
    return listen_to_path(out, (struct str){address.ptr + prefix, address.len - prefix}, a, e);
}

void listen_end(struct listening *l)
{
    if (l->fd >= 0) (void)close(l->fd);
    if (l->unlinked != NULL) (void)unlink(l->unlinked);
    l->fd = -1;
}
