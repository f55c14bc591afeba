# SPDX-License-Identifier: MIT
"""run.py - runs the tests of this folder, and ends with "N passed, N failed, N skipped"."""
import pathlib
import sys
import unittest

tests = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent))
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
failed = len(result.errors) + len(result.failures)
for test, why in result.skipped:
    print(f"[SKIP] {test.id()}: {why}")
print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped")
sys.exit(1 if failed or not result.testsRun else 0)
