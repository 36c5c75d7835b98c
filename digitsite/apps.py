from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    # Parts of installed packages that no page here shows, left out for a quick start.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]
