"""The command line: it reads arguments, asks others to do the work, prints, and exits with a code that scripts can rely on.

Exit codes: 0 well, 1 the thing asked failed, 2 usage or configuration error, 3 nothing reachable (port, service, CSMS).
"""

from __future__ import annotations

import sys

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_UNREACHABLE = 3


def main() -> None:
    """Run `cpctl`; never returns normally."""
    from cpctl.errors import ConfigError, ControllerError

    from .commands import app

    try:
        app()
    except ControllerError as error:
        print(error if isinstance(error, ConfigError) else f"cpctl: {error}", file=sys.stderr)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # Whoever read our output has seen enough; say nothing on the way out, not even when Python flushes.
        sys.stderr.close()
        sys.exit(EXIT_FAILED)


def exit_code(error: Exception) -> int:
    """Tell which exit code an error ends the command with."""
    from cpctl.errors import ConfigError, CsmsError, LinkError, ServiceSilent, ServiceUnreachable

    if isinstance(error, ConfigError):
        return EXIT_USAGE
    if isinstance(error, LinkError | CsmsError | ServiceUnreachable | ServiceSilent):
        return EXIT_UNREACHABLE
    return EXIT_FAILED
