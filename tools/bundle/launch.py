"""What the bundled program runs: the command line, or the app when it is double-clicked."""

import multiprocessing
import sys

from stereosim.cli import main

if __name__ == "__main__":
    # Experiments start processes, each of which is this program again.
    multiprocessing.freeze_support()
    sys.exit(main(sys.argv[1:] or ["app"]))
