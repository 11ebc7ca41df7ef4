"""What every test stands on: one language, draws that can be repeated under CI, and the parts it may need."""

import os

from hypothesis import settings

pytest_plugins = ["pytester", "tests.parts", "tests.postgresql"]

# The reader's own locale must not decide whether a test passes; programs started by tests inherit this.
os.environ["QIANTANG_LANG"] = "en"

# No timed tests: a slow machine is no fault of the code.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("house")
