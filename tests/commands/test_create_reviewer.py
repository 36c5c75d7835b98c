import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def test_it_makes_a_reviewer_and_prints_the_password(capsys):
    call_command("create_reviewer", "ann")
    said = capsys.readouterr().out
    assert said.startswith("Created 1 reviewer: ann, with the password ")
    ann = authenticate(username="ann", password=said.split()[-1])
    assert ann.is_staff and not ann.is_superuser
    assert ann.get_all_permissions() == {"predictor.change_submission"}


def test_two_reviewers_have_two_passwords(capsys):
    for name in ("ann", "bob"):
        call_command("create_reviewer", name)
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[-1] != second.split()[-1]


@pytest.mark.parametrize("name", ["ann", "", "a b", "x" * 151, "<script>", "\0"])
def test_it_refuses_a_name_that_is_taken_or_none(name):
    User.objects.create_user("ann", password="a secret of hers")
    with pytest.raises(CommandError):
        call_command("create_reviewer", name)
    assert User.objects.get().check_password("a secret of hers")


def test_migrating_made_the_group():
    [permission] = Group.objects.get(name="Reviewers").permissions.all()
    assert permission.codename == "change_submission"
