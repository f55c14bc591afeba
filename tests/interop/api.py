# SPDX-License-Identifier: MIT
"""api.py DAYBOOK WORK - see test_api.sh."""
import atexit
import concurrent.futures
import csv
import http.client
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import quote

daybook, work = sys.argv[1], pathlib.Path(sys.argv[2])
passed = failed = 0
servers = []


@atexit.register
def end_servers():
    for server in servers:
        if server.poll() is None:
            server.kill()
            server.wait()


JSON = {"Content-Type": "application/json"}


def tell(what, wrong):
    global passed, failed
    if wrong:
        failed += 1
        print(f"FAIL: {what}: {wrong}")
    else:
        passed += 1


def same(what, got, wanted):
    tell(what, got != wanted and f"got {got!r}, wanted {wanted!r}")


class Ledger:
    """A ledger in a folder, and a server over it."""

    def __init__(self, name):
        self.folder, self.process, self.port = work / name, None, 0
        self.run("init", str(self.folder))

    def run(self, *words, token=None, check=True):
        how = ["--token-file", token] if token else []
        done = subprocess.run([daybook, "--dir", str(self.folder), *how, *words], capture_output=True, check=False)
        if check and done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stderr.decode()}")
        return done

    def told(self, *words):
        text = self.run("--json", *words).stdout.decode()
        return [json.loads(text)] if text.startswith("{\n") else [json.loads(line) for line in text.splitlines()]

    def start(self, *words, token=None):
        how = ["--token-file", token] if token else []
        self.process = subprocess.Popen([daybook, "--dir", str(self.folder), *how, "--json", "serve", "--listen", "127.0.0.1:0", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        servers.append(self.process)
        told = iter(self.process.stdout.readline, b"}\n")
        self.port = int(json.loads(b"".join(told) + b"}")["listening"].rsplit(":", 1)[1])
        return self

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        errors = self.process.stderr.read().decode()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode, errors

    def ask(self, method, path, body=None, headers=None, connection=None):
        c = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        c.request(method, path, data, {**(JSON if isinstance(body, (dict, list)) else {}), **(headers or {})})
        answer = c.getresponse()
        content = answer.read()
        if connection is None:
            c.close()
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(content) if "json" in kind else content, answer.headers


# ---- the same answers as from the command line ----

books = Ledger("books").start("--out", str(work / "out"))
for user in ("ann", "bob", "c/d e\u00fc"):
    status, answer, _ = books.ask("POST", "/v1/customers", {"user": user, "party": {"name": f"Ms {user}", "country": "IE"}})
    same(f"{user} is created", (status, answer.get("user_id")), (200, user))
    status, answer, _ = books.ask("POST", f"/v1/customers/{quote(user, safe='')}/subscriptions",
                                  {"tier": "pro", "payment_method": "pm_card_visa"})
    same(f"{user} subscribes", (status, answer.get("status")), (200, "active"))
    status, answer, _ = books.ask("POST", f"/v1/customers/{quote(user, safe='')}/invoices")
    same(f"{user} is invoiced", (status, answer.get("total")), (200, "99.00"))
    status, charged, _ = books.ask("POST", "/v1/payments", {"user": user, "amount": "99.00", "invoice": answer["invoice_number"]})
    same(f"{user} pays", (status, charged.get("status")), (200, "completed"))
    books.ask("POST", f"/v1/customers/{quote(user, safe='')}/invoices/one-off", {"description": "Setup", "amount": "10.00"})
    books.ask("POST", "/v1/payments", {"user": user, "amount": "5.00"})
for path, words in {
    "/v1/customers": ["customer", "list"], "/v1/customers/ann": ["customer", "show", "ann"],
    "/v1/customers/c%2Fd%20e%C3%BC": ["customer", "show", "c/d e\u00fc"],
    "/v1/subscriptions": ["subscription", "list"], "/v1/customers/ann/subscription": ["subscription", "show", "ann"],
    "/v1/invoices": ["invoice", "list"], "/v1/invoices/INV-%d-000001" % int(answer["issue_date"][:4]):
        ["invoice", "show", "INV-%d-000001" % int(answer["issue_date"][:4])],
    "/v1/invoices?status=open&limit=2": ["invoice", "list", "--status", "open", "--limit", "2"],
    "/v1/catalog": ["catalog", "show"], "/v1/catalog/versions": ["catalog", "history"],
    "/v1/customers/ann/usage": ["usage", "show", "ann"], "/v1/customers/ann/entitlements": ["entitlement", "list", "ann"],
    "/v1/customers/bob/payment-methods": ["payment-method", "list", "bob"], "/v1/payments?user=ann": ["payment", "list", "ann"],
    "/v1/customers/ann/subscription/history": ["subscription", "history", "ann"], "/v1/stats": ["stats"],
}.items():
    status, answer, _ = books.ask("GET", path)
    rows = answer["data"] if "data" in answer else [answer]
    same(f"GET {path}", (status, rows), (200, books.told(*words)))
number = books.told("invoice", "list")[0]["invoice_number"]
status, content, headers = books.ask("GET", f"/v1/invoices/{number}/pdf")
books.run("invoice", "pdf", number, "-o", str(work / "cli.pdf"))
same("the PDF is the command line's", (status, content), (200, (work / "cli.pdf").read_bytes()))
same("... as a file of its name", headers["Content-Disposition"], f'attachment; filename="{number}.pdf"')
for form, kind in {"csv": "text/csv; charset=utf-8", "json": "application/json"}.items():
    status, content, headers = books.ask("GET", f"/v1/reports/trial_balance?format={form}")
    by_hand = books.run("report", "trial_balance", "--format", form, "-o", str(work / f"tb.{form}")) and (work / f"tb.{form}").read_bytes()
    same(f"the trial balance as {form}", (status, headers["Content-Type"], content if form == "csv" else json.dumps(content)),
         (200, kind, by_hand if form == "csv" else json.dumps(json.loads(by_hand))))
status, content, headers = books.ask("GET", "/v1/reports/ar_aging?format=xlsx")
tell("a workbook is one", not content.startswith(b"PK"))
status, answer, _ = books.ask("GET", "/v1/invoices?limit=2")
same("a page tells that there is another", (len(answer["data"]), answer["has_more"]), (2, True))

for path in ("/v1/customers", "/v1/subscriptions", "/v1/invoices", "/v1/payments", "/v1/payments?user=ann", "/v1/invoices?user=ann"):
    whole, pages, after = books.ask("GET", path)[1]["data"], [], None
    while True:
        ask = path + ("&" if "?" in path else "?") + "limit=1" + (f"&after={quote(after, safe='')}" if after else "")
        page = books.ask("GET", ask)[1]
        pages += page["data"]
        after = page.get("next")
        if not page["has_more"]:
            break
    same(f"the pages of {path} are the whole list", pages, whole)

# ---- readings, one by one and in bulk ----

reading = {"user": "ann", "usage_type": "api_calls", "amount": "5", "event_id": "e-1"}
first = books.ask("POST", "/v1/usage", reading, {"Idempotency-Key": "k1"})
again = books.ask("POST", "/v1/usage", reading, {"Idempotency-Key": "k1"})
same("a reading is counted", (first[0], first[1]["duplicate"]), (200, False))
same("sent again it is answered again", (again[0], again[1]["replayed"], again[2]["Idempotency-Replayed"], again[1]["reading"]),
     (200, True, "true", first[1]["reading"]))
same("another command under its key is refused", books.ask("POST", "/v1/usage", {**reading, "amount": "6"}, {"Idempotency-Key": "k1"})[0], 409)
today = first[1]["at"]
lines = "user_id,usage_type,amount,timestamp,event_id\n" + "".join(f"bob,api_calls,{i},{today},b-{i}\n" for i in range(1, 101))
lines += f"nobody,api_calls,1,{today},n-1\n"
status, answer, _ = books.ask("POST", "/v1/usage", lines.encode(), {"Content-Type": "text/csv"})
same("rows of a CSV are taken", (status, answer["accepted"], answer["rejected"]), (200, 100, 1))
tell("... and what was not taken is shown", "no customer 'nobody'" not in answer["rejected_rows"])
tell("... without the server's file", answer["rejects"])
events = [{"specversion": "1.0", "id": f"c-{i}", "source": "/api", "type": "api_calls", "subject": "bob", "time": today,
           "data": {"amount": "2"}} for i in range(3)]
status, answer, _ = books.ask("POST", "/v1/usage", "\n".join(map(json.dumps, events)).encode(), {"Content-Type": "application/x-ndjson"})
same("CloudEvents as lines are taken", (status, answer.get("accepted"), answer.get("rejected")), (200, 3, 0))
used = {row["usage_type"]: row["total"] for row in books.ask("GET", "/v1/customers/bob/usage")[1]["usage"]}
same("all of it is counted once", used["api_calls"], str(sum(range(101)) + 6))

# ---- events, and figures ----


def stream(path, headers, count):
    """The first events of a stream, as (id, type, data)."""
    c = http.client.HTTPConnection("127.0.0.1", books.port, timeout=60)
    c.request("GET", path, headers={"Accept": "text/event-stream", **headers})
    answer, found, fields = c.getresponse(), [], {}
    same("a stream of events", (answer.status, answer.headers["Content-Type"]), (200, "text/event-stream"))
    while len(found) < count:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith(("id: ", "event: ", "data: ")):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and "data" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
            fields = {}
    c.close()
    return found


listed = books.ask("GET", "/v1/events?limit=1000")[1]["data"]
same("events are those of the command line", listed, books.told("event", "list"))
streamed = stream("/v1/events", {}, len(listed))
same("a stream has them all", [data for _, _, data in streamed], listed)
same("... under their numbers and types", [(number, kind) for number, kind, _ in streamed], [(e["event_id"], e["type"]) for e in listed])
half = len(listed) // 2
same("it goes on where its client was", [number for number, _, _ in stream("/v1/events", {"Last-Event-ID": listed[half]["event_id"]}, 3)],
     [e["event_id"] for e in listed[half + 1:half + 4]])
same("of one customer and type", {(e["type"], e["user_id"]) for _, _, e in stream("/v1/events?type=invoice.&user=bob", {}, 1)}, {("invoice.finalized", "bob")})
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    waiting = pool.submit(stream, "/v1/events", {"Last-Event-ID": listed[-1]["event_id"]}, 1)
    books.ask("POST", "/v1/customers", {"user": "eve"})
    same("what happens is told while it happens", (waiting.result()[0][1], waiting.result()[0][2]["user_id"]), ("customer.created", "eve"))
status, content, headers = books.ask("GET", "/metrics")
figures = dict(line.rsplit(" ", 1) for line in content.decode().splitlines() if not line.startswith("#"))
same("figures for who watches it", (status, figures["daybook_customers"], content.decode().endswith("# EOF\n")),
     (200, str(books.told("stats")[0]["customers"]), True))
tell("... of the requests too", int(figures['daybook_requests_total{status="2xx"}']) < 30)

# ---- what is refused, and how ----

for what, request, wanted in (
    ("no such customer", ("GET", "/v1/customers/zed"), (404, "not_found")),
    ("no such address", ("GET", "/v1/nothing"), (404, "not_found")),
    ("another method", ("PUT", "/v1/seller"), (405, "usage")),
    ("a member that is none", ("GET", "/v1/customers?color=red"), (400, "invalid")),
    ("a number that is none", ("GET", "/v1/customers?limit=many"), (400, "invalid")),
    ("a page that is too long", ("GET", "/v1/customers?limit=5000"), (400, "invalid")),
    ("what a path says, and a body again", ("PATCH", "/v1/customers/ann", {"user": "bob"}), (400, "invalid")),
    ("a file of the server", ("GET", "/v1/usage/prices?catalog=/etc/passwd"), (400, "invalid")),
    ("a file of the server, to be written", ("GET", f"/v1/invoices/{number}/pdf?output=/tmp/x"), (400, "invalid")),
    ("no JSON", ("POST", "/v1/customers", b"{", JSON), (400, "invalid")),
    ("a list", ("POST", "/v1/customers", [1]), (400, "invalid")),
    ("a form of another site's page", ("POST", "/v1/customers", b"user=x", {"Content-Type": "application/x-www-form-urlencoded"}), (400, "invalid")),
    ("another site's page", ("GET", "/v1/customers", None, {"Origin": "https://evil.example"}), (409, "refused")),
    ("another site's picture", ("GET", "/v1/customers", None, {"Sec-Fetch-Site": "cross-site"}), (409, "refused")),
    ("a name that leads here by now", ("GET", "/v1/customers", None, {"Host": "evil.example:8080"}), (409, "refused")),
    ("a business rule", ("POST", "/v1/customers", {"user": "ann"}), (409, "refused")),
    ("a payment method that is declined", ("POST", "/v1/customers/dee/subscriptions", {"tier": "pro"}), (400, "invalid")),
    ("a body that is too long", ("POST", "/v1/customers", b" " * (2 << 20), JSON), (413, "limit")),
    ("a way out of the folder", ("GET", "/v1/reports/..%2f..%2fetc%2fpasswd"), (400, "invalid")),
):
    before = books.told("stats")[0]["records"]
    status, answer, headers = books.ask(*request)
    got = (status, answer.get("code") if isinstance(answer, dict) else answer)
    if what in ("a business rule", "a payment method that is declined", "a way out of the folder"):
        tell(f"refused: {what}", status < 400 and got)
    else:
        same(f"refused: {what}", got, wanted)
    same("... as a problem", headers["Content-Type"], "application/problem+json")
    same("... and nothing is written", books.told("stats")[0]["records"], before)


def raw(data, half=False):
    """What a server says to bytes that are no good request; b"" when it hangs up."""
    with socket.create_connection(("127.0.0.1", books.port), timeout=60) as s:
        try:
            s.sendall(data)
            if half:
                s.shutdown(socket.SHUT_WR)
            answer = b""
            while part := s.recv(65536):
                answer += part
        except ConnectionError:
            return b""
        return answer


for what, data in (("nothing", b""), ("no HTTP", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(64)),
                   ("a line without an end", b"GET /v1/customers"), ("a header without a name", b"GET / HTTP/1.1\r\n: x\r\n\r\n"),
                   ("a huge header", b"GET /v1/customers HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200000 + b"\r\n\r\n"),
                   ("a length below nothing", b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}"),
                   ("two lengths", b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
                   ("a body that ends early", b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"),
                   ("a header within a header", b"GET /v1/customers/a%0d%0aSet-Cookie:%20x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")):
    answer = raw(data, half=True)
    tell(f"no request: {what}", (b" 200 " in answer.split(b"\r\n")[0] or b"\r\nSet-Cookie" in answer) and answer[:200])
same("the server still answers", books.ask("GET", "/healthz")[0], 200)

# ---- many at once ----


def record(count):
    connection = http.client.HTTPConnection("127.0.0.1", books.port, timeout=60)
    taken = 0
    for i in range(50):
        status, _, _ = books.ask("POST", "/v1/usage", {"user": "ann", "usage_type": "storage_gb", "amount": "1", "event_id": f"t{count}-{i}"},
                                 connection=connection)
        taken += status == 200
        if i % 10 == 0:
            tell("a read meanwhile", books.ask("GET", "/v1/customers/ann", connection=connection)[0] != 200)
    connection.close()
    return taken


def amount(user, usage_type):
    return next((row["total"] for row in books.ask("GET", f"/v1/customers/{user}/usage")[1]["usage"] if row["usage_type"] == usage_type), "0")


with concurrent.futures.ThreadPoolExecutor(16) as pool:
    taken = sum(pool.map(record, range(16)))
same("sixteen clients at once: all is taken", taken, 800)
stored = amount("ann", "storage_gb")
same("... and counted once", stored, "800")

# ---- killed under load ----

acknowledged, lock = set(), threading.Lock()


def until_killed(count):
    connection = http.client.HTTPConnection("127.0.0.1", books.port, timeout=60)
    for i in range(100000):
        key = f"x{count}-{i}"
        try:
            status, _, _ = books.ask("POST", "/v1/usage", {"user": "bob", "usage_type": "storage_gb", "amount": "1"},
                                     {"Idempotency-Key": key}, connection=connection)
        except (OSError, http.client.HTTPException):
            return key
        if status == 200:
            with lock:
                acknowledged.add(key)
                if len(acknowledged) == 500:
                    books.process.kill()
    return None


with concurrent.futures.ThreadPoolExecutor(8) as pool:
    unknown = [key for key in pool.map(until_killed, range(8)) if key]
books.stop(signal.SIGKILL)
books.start("--out", str(work / "out"))
lost = 0
for key in sorted(acknowledged):
    _, answer, _ = books.ask("POST", "/v1/usage", {"user": "bob", "usage_type": "storage_gb", "amount": "1"}, {"Idempotency-Key": key})
    lost += not answer.get("replayed")
same("killed: nothing that was acknowledged is lost", lost, 0)
for key in unknown:
    books.ask("POST", "/v1/usage", {"user": "bob", "usage_type": "storage_gb", "amount": "1"}, {"Idempotency-Key": key})
same("... and what is sent again is counted once", amount("bob", "storage_gb"), str(len(acknowledged | set(unknown))))
same("the night over HTTP", books.ask("POST", "/v1/runs", {"through": today[:10]})[1].get("checks_failing"), 0)
tell("... has written its folder", not (work / "out" / today[:10] / "run.json").exists())
code, errors = books.stop()
same("it ends when it is told to", (code, errors), (0, ""))
tell("the ledger verifies", books.run("audit", "verify", check=False).returncode)

# ---- who may ask what ----

guarded, tokens = Ledger("guarded"), {}
for role in ("administrator", "operator", "accountant", "auditor"):
    path = str(work / f"{role}.token")
    guarded.run("actor", "add", f"{role}-1", "--role", role, "-o", path, token=tokens.get("administrator"))
    tokens[role] = path
guarded.start(token=tokens["operator"])
document = guarded.ask("GET", "/v1/openapi.json")[1]
bearer = {role: {"Authorization": "Bearer " + pathlib.Path(path).read_text(encoding="ascii").strip()} for role, path in tokens.items()}
wrong = []
for path, methods in document["paths"].items():
    where = "/".join("none" if part.startswith("{") else part for part in path.split("/"))
    for method, operation in methods.items():
        body = None if method == "get" else {}
        for role in bearer:
            if (role, method) == ("administrator", "delete") or operation["operationId"] in ("actor.add", "token.issue"):
                continue
            status, answer, _ = guarded.ask(method.upper(), where, body, bearer[role])
            if (status == 403) != (role not in operation["x-roles"]) or status == 401:
                wrong.append((role, method, where, status, answer))
        for shown in ({}, {"Authorization": "Bearer dbk_" + "A" * 48}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}):
            status, _, headers = guarded.ask(method.upper(), where, body, shown)
            if status != 401 and status != 400 or status == 401 and "Bearer" not in headers["WWW-Authenticate"]:
                wrong.append((shown, method, where, status))
tell("each address asks for a token of a role that may", wrong[:5])
guarded.run("token", "issue", "auditor-1", "-o", str(work / "old.token"), "--until", "2020-01-01", token=tokens["administrator"], check=False)
guarded.run("actor", "remove", "auditor-1", token=tokens["administrator"])
same("a token of who was removed opens nothing", guarded.ask("GET", "/v1/customers", None, bearer["auditor"])[0], 401)
log = json.dumps(guarded.ask("GET", "/v1/audit/log?limit=1000", None, bearer["administrator"])[1])
tell("the audit log has who was turned away", "unauthenticated" not in log or "operator-1" not in log)
tell("... and no token", any(pathlib.Path(path).read_text(encoding="ascii").strip() in log for path in tokens.values()))
code, errors = guarded.stop()
same("nothing was said to nobody", (code, errors), (0, ""))
tell("the guarded ledger verifies", guarded.run("audit", "verify", token=tokens["administrator"], check=False).returncode)

# ---- other sockets ----


class Local(http.client.HTTPConnection):
    """A connection by a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def serve(listen, **how):
    p = subprocess.Popen([daybook, "--dir", str(books.folder), "--json", "serve", "--listen", listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
    servers.append(p)
    b"".join(iter(p.stdout.readline, b"}\n"))
    return p


path = str(work / "api.sock")
p = serve("unix:" + path)
same("a socket in the file system", books.ask("GET", "/v1/customers/ann", connection=Local(path))[0], 200)
same("... is for its owner and group", oct(os.stat(path).st_mode & 0o777), "0o660")
second = subprocess.run([daybook, "--dir", str(books.folder), "serve", "--listen", "unix:" + path], capture_output=True, check=False)
tell("... and for one server", second.returncode == 0 or b"somebody listens" not in second.stderr)
p.kill()
p.wait()
p = serve("unix:" + path)
same("... also where a killed one left it", books.ask("GET", "/healthz", connection=Local(path))[0], 200)
p.terminate()
p.wait()
tell("... and it is gone at the end", os.path.exists(path))
with socket.create_server(("127.0.0.1", 0)) as listening:
    def inherit():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(listening.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "1"
        os.execv(daybook, [daybook, "--dir", str(books.folder), "--json", "serve", "--listen", "systemd"])
    child = os.fork()
    if child == 0:
        inherit()
    books.port = listening.getsockname()[1]
    same("a socket that systemd opened", books.ask("GET", "/v1/customers/ann")[0], 200)
    os.kill(child, signal.SIGTERM)
    same("... and an end in order", os.waitpid(child, 0)[1], 0)

print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0)
