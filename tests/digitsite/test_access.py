import json
import logging
import re

import pytest
from django.test import RequestFactory

from digitsite.access import Access
from digitsite.errors import server_error
from digitsite.logs import JSONFormatter
from tests.support.samples import text

UUID_HEX = "[0-9a-f]{32}"


@pytest.fixture
def lines(caplog):
    """What was logged as it is written, a dictionary a line."""
    caplog.set_level("INFO")
    caplog.handler.setFormatter(JSONFormatter())
    return lambda: [json.loads(line) for line in caplog.text.splitlines()]


def of_requests(lines):
    return [line for line in lines() if line["logger"] == "digitsite.access"]


@pytest.mark.django_db
def test_a_request_is_one_line_that_says_what_and_how_long_but_not_who(client, lines):
    body = json.dumps({"image": text()})
    answer = client.post("/api/v1/submissions/?secret=1", body, content_type="application/json")
    [line] = of_requests(lines)
    assert line.pop("ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "digitsite.access",
        "message": "request",
        "request_id": answer["X-Request-ID"],
        "method": "POST",
        "path": "/api/v1/submissions/",
        "status": 201,
    }


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404), ("/admin/", 302)])
def test_every_answer_has_an_id_of_its_own(client, path, status):
    answers = [client.get(path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status] * 2
    ids = {answer["X-Request-ID"] for answer in answers}
    assert len(ids) == 2 and all(re.fullmatch(UUID_HEX, id) for id in ids)


@pytest.mark.parametrize("given", ["6f1c0b52-0e3d-4bb5-9a2f-7d1e7e6a5f10", "trace_1.2-3"])
def test_the_id_of_a_proxy_is_taken_over(client, given, lines):
    assert client.get("/", headers={"X-Request-ID": given})["X-Request-ID"] == given
    assert of_requests(lines)[0]["request_id"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "12345678\n{}", '12345678"', "ÄÖÜäöüß0"])
def test_one_that_may_mislead_is_not(client, given):
    answer = client.get("/", headers={"X-Request-ID": given})
    assert re.fullmatch(UUID_HEX, answer["X-Request-ID"])


def fail(request):
    try:
        raise ValueError("a\nb")
    except ValueError:
        logging.getLogger("some").exception("It failed:\nbadly")
        return server_error(request)


def test_the_page_of_an_error_says_the_id_that_its_lines_have(lines):
    page = Access(fail)(RequestFactory().get("/"))
    assert page.status_code == 500
    assert page["X-Request-ID"] in page.content.decode()
    error, request = lines()
    assert error["request_id"] == request["request_id"] == page["X-Request-ID"]
    assert (error["level"], error["message"]) == ("ERROR", "It failed:\nbadly")
    assert error["traceback"].endswith("ValueError: a\nb")


def test_outside_of_requests_there_is_none(lines):
    logging.getLogger("some").warning("%s of it", 3)
    [line] = lines()
    assert line["message"] == "3 of it"
    assert "request_id" not in line and "traceback" not in line


def test_it_is_what_the_site_logs_with(settings):
    assert settings.LOGGING["formatters"]["json"]["()"] == "digitsite.logs.JSONFormatter"
    assert settings.MIDDLEWARE[0] == "digitsite.access.Access"
