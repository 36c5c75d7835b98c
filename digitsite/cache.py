"""A cache in Redis that the site can do without."""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)

AWAY = "Redis is away: until it is back, each process counts requests for itself."
HINT = " Where nobody signed its certificate but itself, as on Heroku: REDIS_SSL_CERT_REQS=none."
LEFT_ALONE = 10.0  # seconds, after it did not answer


class Outage:
    """Whether Redis answered when it was asked last; all threads of a process know the same."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.next_try: float | None = None  # None while it answers

    def is_to_be_asked(self) -> bool:
        """While it is away one thread tries, now and then."""
        with self.lock:
            if self.next_try is None:
                return True
            if monotonic() < self.next_try:
                return False
            self.next_try = monotonic() + LEFT_ALONE
            return True

    def begins(self, error: RedisError) -> None:
        with self.lock:
            is_new, self.next_try = self.next_try is None, monotonic() + LEFT_ALONE
        if is_new:
            logger.error("%s %s%s", AWAY, error, HINT if "CERTIFICATE" in str(error) else "")

    def ends(self) -> None:
        if self.next_try is None:
            return
        with self.lock:
            was_away, self.next_try = self.next_try is not None, None
        if was_away:
            logger.info("Redis is back: all processes count requests together.")


def either(name: str) -> Callable[..., Any]:
    def method(self: "RedisOrMemory", *args: Any, **options: Any) -> Any:
        return self.ask(name, *args, **options)

    return method


class RedisOrMemory(BaseCache):
    """Redis, and the memory of the process while Redis is away."""

    outages: dict[str, Outage] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        # In a list, or it would be taken apart where its password has a comma.
        self.redis = RedisCache([server], params)
        self.memory = LocMemCache(server, {"max_entries": 10_000})  # as in the settings
        self.outage = self.outages.setdefault(server, Outage())

    def ask(self, name: str, *args: Any, **options: Any) -> Any:
        if self.outage.is_to_be_asked():
            try:
                found = getattr(self.redis, name)(*args, **options)
            except RedisError as error:
                self.outage.begins(error)
            else:
                self.outage.ends()
                return found
        return getattr(self.memory, name)(*args, **options)

    add, get, set = either("add"), either("get"), either("set")
    touch, delete, clear = either("touch"), either("delete"), either("clear")
    incr, has_key = either("incr"), either("has_key")
    get_many, set_many, delete_many = either("get_many"), either("set_many"), either("delete_many")
