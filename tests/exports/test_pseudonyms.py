from uuid import uuid4

import pytest
from django.utils.crypto import salted_hmac

from predictor.exports import pseudonyms
from predictor.exports.pseudonyms import pseudonym
from predictor.models import ExportState
from tests.support.samples import stored

committed = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = "0012_label_arrivals", "0013_pseudonym_key"


@pytest.mark.django_db
def test_another_secret_key_changes_no_pseudonym(settings):
    visitor = uuid4().hex
    first = pseudonym(visitor, pseudonyms.key())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-one", []
    assert pseudonym(visitor, pseudonyms.key()) == first
    assert pseudonym(uuid4().hex, pseudonyms.key()) != first


@pytest.mark.django_db
def test_each_site_has_a_key_that_nothing_tells():
    first = pseudonyms.key()
    ExportState.objects.all().delete()
    assert pseudonyms.key() != first
    assert len(first) == 32


@committed
@pytest.mark.parametrize("fallbacks", [[], ["the-second", "the-first"]])
def test_pseudonyms_of_an_older_version_stay(migrate_to, settings, fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the-third", fallbacks
    visitor = stored().visitor.hex
    migrate_to(BEFORE)
    migrate_to(AFTER)
    oldest = ["the-third", *fallbacks][-1]
    before = salted_hmac("predictor.exports", visitor, oldest, algorithm="sha256")
    assert pseudonym(visitor, pseudonyms.key()) == before.hexdigest()[:32]


@committed
def test_a_site_without_drawings_has_a_key_apart_from_its_secret(migrate_to):
    migrate_to(BEFORE)
    migrate_to(AFTER)
    assert not ExportState.objects.exists()  # made when it is first asked for
