# SPDX-License-Identifier: MIT
"""The billing API under the name that its document has for it. `src` and `src.system` are namespaces, so that
they stand beside a program's own."""
from daybook import *  # noqa: F401,F403
from daybook import __all__  # noqa: F401
