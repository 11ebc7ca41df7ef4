"""``python -m qiantang``: the command where its script is not on the path."""

import sys

from qiantang.cli import main

sys.exit(main())
