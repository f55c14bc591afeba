/* SPDX-License-Identifier: MIT */
/* asking.c - see asking.h. */
#include "tests/importers/asking.h"

struct stripe_server *server;

static size_t take_body(char *data, size_t size, size_t count, void *into)
{
    struct got *g = into;
    size_t len = size * count;
    g->body = realloc(g->body, g->len + len + 1);
    cr_assert(g->body != NULL);
    memcpy(g->body + g->len, data, len);
    g->len += len;
    g->body[g->len] = '\0';
    return len;
}

void cut(char *out, size_t room, const char *text, size_t len)
{
    if (len > room - 1) len = room - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static void take_value(const char *line, const char *name, char *out, size_t room)
{
    size_t len = strlen(name);
    if (strncasecmp(line, name, len) != 0) return;
    cut(out, room, line + len, strcspn(line + len, "\r\n"));
}

static size_t take_header(char *data, size_t size, size_t count, void *into)
{
    struct got *g = into;
    char line[256], replayed[8] = "";
    cut(line, sizeof line, data, size * count);
    take_value(line, "Stripe-Should-Retry: ", g->should_retry, sizeof g->should_retry);
    take_value(line, "Request-Id: ", g->request, sizeof g->request);
    take_value(line, "Original-Request: ", g->original, sizeof g->original);
    take_value(line, "Idempotent-Replayed: ", replayed, sizeof replayed);
    if (strcmp(replayed, "true") == 0) g->replayed = true;
    return size * count;
}

static struct curl_slist *headers_of(const char *auth, const char *key)
{
    char line[320];
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    snprintf(line, sizeof line, "Authorization: Bearer %s", auth);
    list = curl_slist_append(list, line);
    snprintf(line, sizeof line, "Idempotency-Key: %s", key);
    return *key == '\0' ? list : curl_slist_append(list, line);
}

/* A connection of its own for each, so that libcurl repeats nothing by itself. */
struct got ask_as(const char *auth, const char *key, const char *path, const char *form)
{
    struct got g = {0};
    char url[512];
    snprintf(url, sizeof url, "%s%s", stripe_server_url(server), path);
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = headers_of(auth, key);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    if (form != NULL) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &g);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &g);
    g.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &g.status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    g.json = g.body == NULL ? NULL : json_loads(g.body, 0, NULL);
    return g;
}

void done(struct got *g)
{
    json_decref(g->json);
    free(g->body);
    *g = (struct got){0};
}

struct got post(const char *key, const char *path, const char *form)
{
    return ask_as("sk_test_daybook", key, path, form);
}

struct got get(const char *path)
{
    return ask_as("sk_test_daybook", "", path, NULL);
}

const char *at(const struct got *g, const char *path)
{
    static char text[256];
    json_t *j = g->json;
    while (*path != '\0') {
        size_t len = strcspn(path, ".");
        cut(text, sizeof text, path, len);
        j = json_is_array(j) ? json_array_get(j, strtoul(text, NULL, 10)) : json_object_get(j, text);
        path += path[len] == '.' ? len + 1 : len;
    }
    text[0] = '\0';
    if (json_is_string(j)) snprintf(text, sizeof text, "%s", json_string_value(j));
    if (json_is_integer(j)) snprintf(text, sizeof text, "%lld", (long long)json_integer_value(j));
    if (json_is_boolean(j)) snprintf(text, sizeof text, "%s", json_is_true(j) ? "true" : "false");
    return text;
}

void asking_begin(void)
{
    test_begin();
    cr_assert(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    server = stripe_server_start((struct stripe_server_options){.seed = 1});
    cr_assert(server != NULL);
}

void asking_end(void)
{
    stripe_server_stop(server);
    curl_global_cleanup();
    test_end();
}

uint64_t charges(void)
{
    return stripe_server_counts(server).charges_succeeded;
}
