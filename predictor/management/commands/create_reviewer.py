from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.crypto import get_random_string

from predictor.apps import REVIEWERS


class Command(BaseCommand):
    help = "Creates a staff user who may change labels and nothing else; prints the password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *, name: str, **options: Any) -> None:
        password = get_random_string(16)
        reviewer = User(username=name, is_staff=True)
        reviewer.set_password(password)
        try:
            reviewer.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with transaction.atomic():
            reviewer.save()
            reviewer.groups.add(Group.objects.get(name=REVIEWERS))
        self.stdout.write(f"Created 1 reviewer: {name}, with the password {password}")
