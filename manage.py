#!/usr/bin/env python3
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import Error

        from digitsite.backends.reasons import reason
    except ImportError:
        sys.exit("Django is not installed here: run `make run` once, then use .venv/bin/python.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The site is not set up right: {error}")
    except Error as error:
        if not (found := reason(error)):
            raise
        sys.exit(f"The database says: {error}. {found.for_operators}")


if __name__ == "__main__":
    main()
