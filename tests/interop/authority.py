# SPDX-License-Identifier: MIT
"""authority.py FOLDER HOW - a time-stamp authority on a free port of this machine, which it prints: POST to /stamp gets what
'openssl ts -reply' answers by FOLDER/conf (make_authority.sh). The word in the file HOW says how it behaves, at each request anew: well,
or one of the faults below. What it was asked is kept in FOLDER/asked."""
import http.server
import pathlib
import subprocess
import sys

folder, how = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


def stamp(query):
    (folder / "query").write_bytes(query)
    subprocess.run(["openssl", "ts", "-reply", "-config", folder / "conf", "-queryfile", folder / "query", "-out", folder / "answer"],
                   check=True, capture_output=True)
    return (folder / "answer").read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        word = how.read_text().strip()
        with open(folder / "asked", "a") as asked:
            asked.write(f"{self.path} {self.headers['Content-Type']} {word}\n")
        body, status = b"", 200
        if word == "well":
            body = stamp(query)
            (folder / "last").write_bytes(body)
        elif word == "old":
            body = (folder / "last").read_bytes()  # of another request
        elif word == "cut":
            body = stamp(query)[:-1]
        elif word == "flipped":
            body = bytearray(stamp(query))
            body[-9] ^= 1
        elif word == "garbage":
            body = b"<html>no such page</html>"
        elif word == "huge":
            body = b"0" * 300000
        elif word == "refuses":
            body = bytes.fromhex("30053003020102")
        else:
            status = 503
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
