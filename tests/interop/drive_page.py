# SPDX-License-Identifier: MIT
"""drive_page.py PAGE DRIVER GIVEN.json BROWSER - runs a copy of the page in a browser without a window, with the driver behind the
page's own script, and tells what that found. The copy's policy allows the driver's bytes, too, and nothing else."""
import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import tempfile

page, driver, given, browser = sys.argv[1:]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def dumped(folder, text, hint):
    path = os.path.join(folder, "page.html")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + os.path.join(folder, hint),
               "--virtual-time-budget=600000", "--dump-dom", "file://" + path]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout


text = read(page)
script = "const GIVEN = " + json.dumps(json.loads(read(given))).replace("</", "<\\/").replace("<!--", "<\\!--") + ";\n" + read(driver)
allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
driven = text.replace("script-src '", f"script-src 'sha256-{allowed}' '", 1).replace("</body>", f"<script>{script}</script>\n</body>")
with tempfile.TemporaryDirectory() as folder:
    if 'data-ready="yes"' not in dumped(folder, text, "first"):
        sys.exit("the page as it is shipped does not run: does its policy allow its own script?")
    if 'data-ready="yes"' in dumped(folder, text.replace('"use strict";', '"use strict"; ', 1), "second"):
        sys.exit("another script than the page's own runs: its policy forbids nothing")
    found = re.search(r'<pre id="result">(.*?)</pre>', dumped(folder, driven, "third"), re.S)
if found is None:
    sys.exit("the page did not come to an end")
result = json.loads(html.unescape(found.group(1)))
for line in result["wrong"]:
    print("FAIL:", line)
print(f"{result['tried'] - result['more']} passed, {result['more']} failed, 0 skipped")
sys.exit(result["more"] != 0 or result["tried"] < 1000)
