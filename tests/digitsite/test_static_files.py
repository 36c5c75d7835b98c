import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client, override_settings


@pytest.fixture
def collected(tmp_path):
    """Collected and compressed as in production, less the packages' own, which take long."""
    with override_settings(
        STATIC_ROOT=tmp_path,
        STORAGES=settings.STORAGES
        | {
            "staticfiles": {
                "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
            }
        },
    ):
        options = {"ignore_patterns": ["admin", "drf_spectacular_sidecar"]}
        call_command("collectstatic", interactive=False, verbosity=0, **options)
        yield tmp_path


def test_a_stylesheet_is_hashed_compressed_and_kept_for_ever(collected):
    url = static("css/base.css")
    assert re.fullmatch(r"/static/css/base\.[0-9a-f]{12}\.css", url)

    plain = Client().get(url)
    packed = Client().get(url, headers={"accept-encoding": "br, gzip"})

    assert plain.status_code == packed.status_code == 200
    assert packed["Content-Encoding"] == "br"
    assert "immutable" in packed["Cache-Control"]
    assert len(packed.getvalue()) < len(plain.getvalue())
    assert "default-src 'none'" in packed["Content-Security-Policy"]


def test_only_hashed_names_are_served(collected):
    assert not (collected / "css" / "base.css").exists()
    assert Client().get("/static/css/base.css").status_code == 404


def test_the_secret_beside_the_static_files_is_out_of_reach(collected):
    (collected.parent / "secret_key").write_text("secret")
    for path in ("/static/../secret_key", "/static/%2e%2e/secret_key", "/static//../secret_key"):
        assert Client().get(path).status_code == 404
