"""``python -m stereosim.cli`` is the command ``stereosim``."""

import sys

from stereosim.cli import main

sys.exit(main())
