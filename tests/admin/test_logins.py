from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def ada():
    return User.objects.create_user("ada", password=PASSWORD, is_staff=True)


def attempt(password, name="ada", **headers):
    return Client().post(LOGIN, {"username": name, "password": password}, **headers)


def guess(times=5, name="ada", **headers):
    return [attempt("wrong", name, **headers).status_code for _ in range(times)]


def test_whoever_guesses_has_to_wait_and_is_told_so():
    assert guess() == [200] * 4 + [429]
    response = attempt(PASSWORD)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "600"
    page = response.content.decode()
    assert "Too many attempts to log in have failed." in page and "Wait ten minutes" in page
    assert 'class="site-header"' in page


def test_after_ten_minutes_it_is_over_however_often_was_tried_meanwhile():
    guess(9)
    AccessAttempt.objects.update(attempt_time=AccessAttempt.objects.get().attempt_time - WAIT)
    assert attempt(PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


WAIT = timedelta(minutes=10, seconds=1)


def test_others_and_other_addresses_need_not_wait():
    User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    guess(6)
    assert attempt(PASSWORD, "bob").status_code == 302
    assert attempt(PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_who_gets_it_right_in_the_end_begins_anew():
    for _ in range(2):
        guess(4)
        assert attempt(PASSWORD).status_code == 302


def test_the_address_is_the_one_that_the_proxy_saw(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    claims = [f"203.0.113.{i}, 198.51.100.1" for i in range(6)]
    codes = [attempt("wrong", HTTP_X_FORWARDED_FOR=claim).status_code for claim in claims]
    assert codes[4:] == [429, 429]
    assert attempt(PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.2").status_code == 302


@pytest.mark.parametrize("address", ["x", "", "fe80::1%eth0", "1.2.3.4:99", "9" * 500])
def test_an_address_that_is_none_breaks_nothing(settings, address):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert guess(HTTP_X_FORWARDED_FOR=address)[-1] == 429


def test_whatever_is_sent_is_counted():
    strange = {"username": "é" * 150, "password": "\0"}
    agent = {"HTTP_USER_AGENT": "ü" * 400, "HTTP_ACCEPT": "x" * 3000}
    for _ in range(6):
        assert Client().post(f"{LOGIN}?next=%00", strange, **agent).status_code in (200, 429)
    assert Client().post(LOGIN, {"username": "a\0b", "password": "x"}).status_code == 200


def test_visitors_cost_no_query_more(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Client().get(LOGIN).status_code == 200
        assert Client().get("/").status_code == 200


def test_programs_and_tests_log_in_from_nowhere():
    assert not any(Client().login(username="ada", password="wrong") for _ in range(9))
    assert Client().login(username="ada", password=PASSWORD)


def test_nothing_is_amiss_with_the_settings(capsys):
    call_command("check")
    assert "no issues" in capsys.readouterr().out
