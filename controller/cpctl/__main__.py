"""`python -m cpctl`: the command line without an installed script."""

from cpctl.cli import main

if __name__ == "__main__":
    main()
