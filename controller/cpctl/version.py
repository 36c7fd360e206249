"""The one place where this software's version stands: packaging, `cpctl --version`, the API and HELLO read it here."""

VERSION = "0.1.0"
