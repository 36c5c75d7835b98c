from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.checks import CheckMessage, Tags, register


class Admin(SimpleAdminConfig):
    """Leaves it to the URLs to find the admin's pages, which commands start sooner without."""

    default_site = "digitsite.admin_site.AdminSite"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from digitsite.logins import begin

        user_logged_in.connect(begin)
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    admin.autodiscover()
    return list(check_admin_app(app_configs, **kwargs))


class StaticFiles(StaticFilesConfig):
    # Parts of installed packages that no page here shows, left out for a quick start.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework"]
