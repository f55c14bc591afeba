# SPDX-License-Identifier: MIT
"""Makes the wheel (PEP 517), so that pip needs no network and no other package. Where the library was built,
or DAYBOOK_LIBRARY names it, it goes into the wheel beside the package; otherwise the system's is found when
the package is imported."""
import base64
import hashlib
import os
import pathlib
import sysconfig
import tomllib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TIMES = (1980, 1, 1, 0, 0, 0)  # of a wheel's files, so that the same files make the same wheel


def _project():
    return tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _library():
    named = os.environ.get("DAYBOOK_LIBRARY")
    built = HERE.parent.parent / "build/release/libdaybook.so"
    return pathlib.Path(named) if named else built if built.is_file() else None


def _sources():
    for folder in ("daybook", "src"):
        for path in sorted((HERE / folder).rglob("*")):
            if path.suffix == ".py" or path.name == "py.typed":
                yield path.relative_to(HERE).as_posix(), path.read_bytes()


def _metadata(project):
    return (f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
            f"Summary: {project['description']}\nLicense: {project['license']}\n"
            f"Requires-Python: {project['requires-python']}\n").encode()


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    project, library = _project(), _library()
    name = f"{project['name']}-{project['version']}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_") if library else "any"
    files = list(_sources())
    if library:
        files.append(("daybook/libdaybook.so", library.read_bytes()))
    files.append((f"{name}.dist-info/METADATA", _metadata(project)))
    files.append((f"{name}.dist-info/WHEEL", (
        "Wheel-Version: 1.0\nGenerator: daybook\n"
        f"Root-Is-Purelib: {'false' if library else 'true'}\nTag: py3-none-{platform}\n").encode()))
    record = f"{name}.dist-info/RECORD"
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files] + [f"{record},,"]
    files.append((record, ("\n".join(lines) + "\n").encode()))
    wheel = f"{name}-py3-none-{platform}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as out:
        for path, content in files:
            entry = zipfile.ZipInfo(path, TIMES)
            entry.external_attr = 0o644 << 16
            out.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return wheel
