import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from predictor.api.throttling import PredictThrottle, SubmitThrottle
from predictor.models import Submission, Token
from predictor.visitor import COOKIE
from tests.support.programs import holder_of, made, program
from tests.support.samples import stored, text
from tests.support.serving import manage, serving
from tests.support.visitors import known

pytestmark = pytest.mark.django_db
SUBMIT, PREDICT, MODELS = "/api/v1/submissions/", "/api/v1/predict/", "/api/v1/models/"
JSON = "application/json"


def submit(client):
    return client.post(SUBMIT, {"image": text()}, JSON)


def predict(client):
    return client.post(PREDICT, {"images": [text()]}, JSON)


def history(client):
    return [row["id"] for row in client.get(SUBMIT).json()["results"]]


def test_a_program_has_a_history_without_a_cookie():
    token, secret = made()
    first, second = [submit(holder_of(secret)) for _ in range(2)]
    assert (first.status_code, dict(first.cookies)) == (201, {})
    ids = [second.json()["id"], first.json()["id"]]
    assert history(holder_of(secret)) == ids
    assert set(Submission.objects.values_list("visitor", flat=True)) == {token.visitor}

    one = f"{SUBMIT}{ids[0]}/"
    assert holder_of(secret).get(one).json()["id"] == ids[0]
    labelled = holder_of(secret).patch(one, {"visitor_label": 7}, JSON)
    assert labelled.json()["visitor_label"] == 7
    picture = holder_of(secret).get(f"{one}drawing.png")
    assert (picture.status_code, picture["Vary"]) == (200, "Cookie, Authorization")
    assert holder_of(secret).delete(one).status_code == 204
    assert history(holder_of(secret)) == ids[1:]


def test_nobody_else_sees_it():
    first, second, visitor = program(), program(), Client()
    known(visitor)
    id = submit(first).json()["id"]
    for other in (second, visitor, Client()):
        assert history(other) == []
        for path in ("", "drawing.png", "pixels.png"):
            assert other.get(f"{SUBMIT}{id}/{path}").status_code == 404
        assert other.delete(f"{SUBMIT}{id}/").status_code == 404


def test_a_token_goes_before_a_cookie():
    client = program()
    stored(known(client))
    assert history(client) == []
    assert COOKIE not in submit(client).cookies


def test_pages_take_no_token():
    client = program()
    id = submit(client).json()["id"]
    assert client.get(f"/history/{id}/").status_code == 404
    assert client.get("/admin/").status_code == 302


CALLS = {"submit": submit, "predict": predict, "export": lambda client: client.get(EXPORT)}
EXPORT = "/api/v1/export/"
UNKNOWN = "c06ba279-30d1-4a5b-a3f6-9f3c1a8a9f5e"


@pytest.mark.parametrize("scope", CALLS)
def test_it_does_what_it_is_for_and_nothing_else(scope):
    client = program(**{f"may_{name}": name == scope for name in CALLS})
    statuses = {name: call(client).status_code for name, call in CALLS.items()}
    assert statuses.pop(scope) in (200, 201)
    assert set(statuses.values()) == {403}
    assert client.get(MODELS).status_code == 200


@pytest.mark.parametrize("path", ["", "{id}/", "{id}/drawing.png", "{id}/pixels.png"])
def test_what_is_stored_takes_the_scope_to_submit(path):
    response = program(may_submit=False).get(SUBMIT + path.format(id=UNKNOWN))
    assert response.status_code == 403
    assert response.json() == {"detail": "This token has not the scope “submit”."}


@pytest.mark.parametrize("call", [*CALLS.values(), lambda client: client.get(MODELS)])
def test_a_token_that_was_revoked_opens_nothing(call):
    token, secret = made(may_export=True)
    token.revoke(User.objects.get())
    response = call(holder_of(secret))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json()["detail"].startswith("There is no such token, or it was revoked.")
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer x",
        "BEARER digits_",
        f"Bearer digits_{'A' * 43}",
        f"Bearer digits_{'A' * 43} digits_{'A' * 43}",
        "Bearer \x00",
        "Bearer é",
        "Bearer ' OR 1=1 --",
        "Bearer " + "x" * 10_000,
    ],
    ids=lambda header: repr(header)[:30],
)
def test_what_is_no_token_is_refused_and_never_taken_for_a_visitor(client, header):
    known(client)
    response = client.get(SUBMIT, headers={"Authorization": header})
    assert response.status_code == 401


@pytest.mark.parametrize("header", ["", "Basic dXNlcjpwYXNz", "Token x", "Digest username=x", "x"])
def test_what_a_proxy_asks_for_makes_no_difference(client, header):
    ours = stored(known(client))
    response = client.get(SUBMIT, headers={"Authorization": header})
    assert [row["id"] for row in response.json()["results"]] == [str(ours.pk)]


def test_health_and_documentation_answer_whatever_is_sent(client):
    for path in ("/healthz", "/api/schema/", "/api/docs/"):
        headers = {"Authorization": "Bearer digits_x"}
        assert client.get(path, headers=headers).status_code == 200


def test_it_costs_visitors_no_query_and_programs_one(django_assert_num_queries):
    visitor, (_, secret) = Client(), made()
    known(visitor)
    submit(visitor), submit(holder_of(secret))  # which loads the network, and notes the first use
    with django_assert_num_queries(1):
        assert submit(visitor).status_code == 201
    with django_assert_num_queries(2):
        assert submit(holder_of(secret)).status_code == 201
    with django_assert_num_queries(0):
        assert predict(visitor).status_code == 200
    with django_assert_num_queries(1):
        assert predict(holder_of(secret)).status_code == 200


@pytest.mark.parametrize("call, throttle", [(submit, SubmitThrottle), (predict, PredictThrottle)])
def test_a_token_has_its_own_count_and_its_own_limit(monkeypatch, call, throttle):
    monkeypatch.setattr(throttle, "rate", "2/min", raising=False)
    usual, other, busy = program(), program(), program(per_minute=4)
    good = 201 if call is submit else 200
    assert [call(usual).status_code for _ in range(3)] == [good, good, 429]
    assert call(other).status_code == good
    statuses = [call(busy).status_code for _ in range(5)]
    assert statuses == [good] * 4 + [429]
    assert call(Client()).status_code == good  # from the same address


def test_the_limit_of_an_address_is_not_one_of_tokens(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    busy = program(per_minute=1000)  # where an address may 50 times
    assert {predict(busy).status_code for _ in range(60)} == {200}


def test_a_limit_holds_where_visitors_have_none(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", None, raising=False)
    careful = program(per_minute=2)
    assert [predict(careful).status_code for _ in range(3)] == [200, 200, 429]
    assert int(predict(careful)["Retry-After"]) > 0


MAKE = """
from django.contrib.auth.models import User
from predictor.models import Token
print(Token(name="nightly").make(User.objects.create(username="ada")))
"""


def test_no_secret_is_logged(database, tmp_path):
    url = f"sqlite:///{database}"
    secret = manage(url, "shell", "--no-imports", "-c", MAKE).stdout.strip()
    bearer = {"Authorization": f"Bearer {secret}"}
    with serving(url, tmp_path / "log", "--access-logfile", "-", DEBUG="on") as site:
        assert site.whole(SUBMIT, None, "GET", **bearer).said["results"] == []
        assert site.whole(SUBMIT, b"{", "POST", **bearer).status == 415
        assert site.whole(f"{SUBMIT}{UNKNOWN}/", None, "GET", **bearer).status == 404
        assert site.whole(SUBMIT, None, "GET", **bearer, Host="elsewhere.example").status == 400
        log = site.log.read_text()
    assert SUBMIT in log
    assert secret[11:] not in log


def test_a_token_goes_with_a_migration_back_and_forth(migrate_to):
    migrate_to("0015_history")
    migrate_to("0016_tokens")
    _, secret = made()
    call_command("migrate", verbosity=0)
    assert Token.objects.matching(secret)
