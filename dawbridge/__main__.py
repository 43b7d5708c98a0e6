"""The command line as it is started: `python -m dawbridge`, and the installed command.

All that it needs is loaded here, so that Ctrl-C ends it without a traceback meanwhile too.
"""

import os
import signal
import sys


def main() -> None:
    """Run the command line."""
    is_heeded = signal.getsignal(signal.SIGINT) == signal.default_int_handler  # not so in a shell's background
    if is_heeded:
        signal.signal(signal.SIGINT, _end)
    from dawbridge.cli import main as run

    try:
        if is_heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:  # before the command line answers it, or after
        _end()


def _end(*_: object) -> None:
    """End here: an exception would be printed where the import machinery cannot pass it on."""
    if sys.stderr is not None:
        sys.stderr.write("dawbridge: interrupted\n")
        sys.stderr.flush()
    os._exit(130)


if __name__ == "__main__":
    main()
