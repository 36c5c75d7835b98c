from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(ManifestStaticFilesStorage):
    """Hashes the names also where JavaScript modules import one another."""

    support_js_module_import_aggregation = True


class CompressedStorage(HashedStorage, CompressedManifestStaticFilesStorage):
    pass
