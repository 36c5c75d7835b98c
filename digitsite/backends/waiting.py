"""Keeps a database that hangs from taking along the pages that need none.

Only where requests are served: a command may wait as long as it takes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident
from time import monotonic

LIMIT = 5.0  # seconds that a request waits for the database
QUEUE = 1.0  # seconds that one waits behind others that wait
REST = 2.0  # seconds in which nobody asks a database that gave no answer

serving = False


def serve() -> None:
    """From now on this process answers requests, in several threads."""
    global serving
    serving = True


class Turns:
    """So many threads of a process may wait for the database at once: the others have work to do.

    Once it has given no answer it is asked by one of them, and the others are told so at once.
    """

    def __init__(
        self,
        threads: int,
        *,
        refuse: Callable[[str], Exception],
        hangs: Callable[[Exception], bool],
    ) -> None:
        """hangs: whether an error says that the time was up."""
        self.threads, self.refuse, self.hangs = threads, refuse, hangs
        self._began: dict[int, float] = {}
        self._changed = Condition()
        self._hung = False
        self._rest = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        if not serving:
            yield
            return
        self._begin()
        hung = self._hung
        try:
            yield
            hung = False
        except Exception as error:
            hung = self.hangs(error)
            raise
        finally:
            self._end(hung)

    def _begin(self) -> None:
        with self._changed:
            while not self._is_free():
                left = self._patience()
                if left <= 0:
                    raise self.refuse("the database gave no answer to others that wait for it")
                self._changed.wait(left)
            self._began[get_ident()] = monotonic()

    def _is_free(self) -> bool:
        if self._hung:  # one looks whether it answers again
            return not self._began and monotonic() >= self._rest
        return len(self._began) < self.threads

    def _patience(self) -> float:
        """Seconds to wait behind the others."""
        return 0 if self._hung else min(self._began.values()) + QUEUE - monotonic()

    def _end(self, hung: bool) -> None:
        with self._changed:
            del self._began[get_ident()]
            self._hung = hung
            if hung:
                self._rest = monotonic() + REST
            self._changed.notify_all()
