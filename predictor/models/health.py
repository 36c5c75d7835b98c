from django.db import models


class Heartbeat(models.Model):
    """One row, written to see whether anything can be."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%d %b %Y %H:%M:%S}"
