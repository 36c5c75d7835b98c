from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class Admin(AdminConfig):
    default_site = "digitsite.admin_site.AdminSite"


class StaticFiles(StaticFilesConfig):
    # Parts of installed packages that no page here shows, left out for a quick start.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]
