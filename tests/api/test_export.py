import io
import json
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from predictor.exports.writers import FORMATS
from predictor.models import SiteEvent
from predictor.registry import serving
from tests.support.programs import made, program
from tests.support.samples import SEVEN, stored
from tests.support.visitors import known

pytestmark = pytest.mark.django_db
URL = "/api/v1/export/"
DATE = {"since": "2026-01-31", "until": "2126-01-31T18:00:00+01:00"}


@pytest.fixture
def exporter():
    return program(may_export=True, may_submit=False, may_predict=False)


def reviewed(label=3, **changes):
    ann, _ = User.objects.get_or_create(username="ann")
    return stored(label=label, reviewed_by=ann, reviewed_at=timezone.now(), **changes)


def archive(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    return ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def manifest(response, format="npz"):
    return json.loads(archive(response).read(f"corrections.{format}.manifest.json"))


def test_it_is_what_the_command_writes(exporter):
    row = reviewed(strokes=SEVEN)
    found = archive(exporter.get(URL))
    assert found.namelist() == ["corrections.npz", "corrections.npz.manifest.json"]
    with np.load(io.BytesIO(found.read("corrections.npz"))) as arrays:
        assert arrays["label"].tolist() == [3]
        assert arrays["id"].tolist() == [str(row.pk).encode()]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_whole_when_it_arrives(exporter, format, tmp_path, capsys):
    reviewed(strokes=SEVEN)
    archive(exporter.get(URL, {"format": format})).extractall(tmp_path)
    call_command("verify_export", str(tmp_path / f"corrections.{format}"))
    assert "1 drawing" in capsys.readouterr().out


def test_it_takes_the_filters_of_the_command(exporter):
    reviewed(label=7), reviewed(label=3)
    version = serving.network().version
    wanted = {"changed_only": "true", "model": version, **DATE}
    found = manifest(exporter.get(URL, wanted))
    assert found["count"] == 1
    filters = found["filters"]
    assert datetime.fromisoformat(filters["since"]) == datetime(2026, 1, 31, tzinfo=UTC)
    assert datetime.fromisoformat(filters["until"]) == datetime(2126, 1, 31, 17, tzinfo=UTC)
    assert (filters["changed_only"], filters["model"]) == (True, version)
    yesterday = (timezone.now() - timedelta(1)).isoformat()
    assert manifest(exporter.get(URL, {"until": yesterday}))["count"] == 0


@pytest.mark.parametrize(
    "query, field",
    [
        ({"format": "exe"}, "format"),
        ({"format": "../npz"}, "format"),
        ({"since": "yesterday"}, "since"),
        ({"since": ""}, "since"),
        ({"format": ""}, "format"),
        ({"since": "9999-12-31T23:59:59-23:00"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"changed_only": "perhaps"}, "changed_only"),
        ({"model": "\0"}, "model"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_it_says_what_is_wrong(exporter, query, field):
    response = exporter.get(URL, query)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_it_says_that_there_is_no_such_network(exporter):
    for version in ("none", "x" * 3000):
        response = exporter.get(URL, {"model": version})
        assert response.status_code == 404
        assert response.json() == {"detail": "There is no such network."}


def test_visitors_and_other_tokens_get_none(client, reviewer):
    known(client)
    for nobody in (client, Client(), reviewer):
        response = nobody.get(URL)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        assert response.json() == {"detail": "This takes a token with the scope “export”."}
    assert program().get(URL).status_code == 403
    assert not SiteEvent.objects.filter(action=SiteEvent.Action.EXPORT).exists()


def test_who_took_it_is_an_event():
    token, secret = made(may_export=True)
    Client(headers={"Authorization": f"Bearer {secret}"}).get(URL, {"format": "csv"})
    event = SiteEvent.objects.get(action=SiteEvent.Action.EXPORT)
    assert event.who == f"token {token}"
    assert (event.details["format"], event.details["count"]) == ("csv", 0)


def test_it_is_not_made_more_often_than_six_times_a_minute(exporter):
    statuses = [exporter.get(URL).status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]


@pytest.mark.parametrize("format", ["npz", "ndjson"])
def test_files_name_labels_alike_in_every_language(exporter, format):
    reviewed(label=10, strokes=SEVEN)
    found = archive(exporter.get(URL, {"format": format}, headers={"accept-language": "de"}))
    facts = json.loads(found.read(f"corrections.{format}.manifest.json"))
    assert facts["labels"] == {"not a digit": 1}
    if format == "ndjson":
        assert json.loads(found.read("corrections.ndjson"))["word"] == "not a digit"
