"""How gunicorn serves the site: whoever sends or listens slowly keeps nobody else waiting."""

import os
import select
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from tempfile import SpooledTemporaryFile
from threading import Condition, Lock
from time import monotonic, sleep
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from gunicorn.workers.gthread import TConn, ThreadWorker

from digitsite.settings import DATA_UPLOAD_MAX_MEMORY_SIZE

Application = Callable[..., Iterable[bytes]]

# So many requests run Django at once, each with a connection to the database.
IN_DJANGO = 8
# But so many that are quick: more would take longer each, for they share one interpreter and the
# caches of a core. Two, since one may wait for the database.
QUICK = 2
# Seconds, after which a request is not: it waits for something, or reads large pictures.
SLOW = 0.05
# Seconds until a request has to be here: its head, its body after that, and to take the answer.
HEAD, BODY, ANSWER = 10, 20, 120
# Seconds that the client has to hang up after its last answer.
GOODBYE = 2
# Milliseconds that a thread waits for the next request on its connection: a proxy that is busy has
# one at once, and to hand the connection to another thread takes as long as to read it.
SOON = 2
# Seconds that a worker leaves a connection to the others, for each that it has, and at most.
YIELD, MOST_YIELD = 0.001, 0.004
# Bytes: what is longer than this waits on the disk.
IN_MEMORY = 2**20
# Most clients listen for the answer only when they have sent everything: so much is taken from who
# sends too much, and thrown away.
MOST_READ = 128 * 2**20


class Worker(ThreadWorker):
    """Reads requests and writes answers in many threads, of which a few at a time run Django."""

    def init_process(self) -> None:
        self.due: dict[TConn, float] = {}
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = whole_requests(self.wsgi)
        # Gunicorn would refuse each path that a proxy has taken the prefix from already.
        os.environ.pop("SCRIPT_NAME", None)

    def accept(self, listener: Any) -> None:
        # Whoever of the workers has fewer connections is quicker to take the next.
        if self.nr_conns and self.cfg.workers > 1:
            sleep(min(self.nr_conns * YIELD, MOST_YIELD))
        super().accept(listener)

    def handle(self, conn: TConn) -> Any:
        try:
            goes_on = self.handle_next(conn)
            # Where each connection can have a thread, nobody waits for this one.
            while goes_on is True and self.nr_conns <= self.cfg.threads and is_readable(conn.sock):
                goes_on = self.handle_next(conn)
            if goes_on is False:
                self.hang_up(conn)
            return goes_on
        finally:
            del self.due[conn]

    def handle_next(self, conn: TConn) -> Any:
        self.due[conn] = monotonic() + HEAD
        return super().handle(conn)

    def hang_up(self, conn: TConn) -> None:
        """Waits for the client to do so too. Gunicorn would wait in its only main thread.

        A client that still sends would lose the answer if the connection were closed at once.
        """
        self.due[conn] = monotonic() + GOODBYE
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
            while conn.sock.recv(2**16):
                pass
            conn.sock.shutdown(socket.SHUT_RD)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        self.due[conn] = monotonic() + BODY
        return super().handle_request(req, conn)

    def murder_keepalived(self, *args: Any, **options: Any) -> None:
        """Called every second."""
        super().murder_keepalived(*args, **options)
        now = monotonic()
        for conn, due in list(self.due.items()):
            if now > due:
                # A thread that waits for more is woken by an end. What came in whole by then is
                # answered all the same.
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR if now > due + ANSWER else socket.SHUT_RD)


def is_readable(client: socket.socket) -> bool:
    """Whether the client sends something, or hangs up, within SOON."""
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(SOON))


def whole_requests(application: Application) -> Application:
    """The same, run by a few threads at once and with requests that have been read to their end."""
    pool = Pool(IN_DJANGO)

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"], length = read_body(environ["wsgi.input"])
        if length < min(int(environ.get("CONTENT_LENGTH") or 0), MOST_READ):
            start_response("408 Request Timeout", [("Content-Length", "0")])
            return []
        with pool.connected():
            return application(environ, start_response)

    return serve


class Pool:
    """Connections to the database, which Django would open for each of the many threads."""

    def __init__(self, size: int) -> None:
        self.idle = [connections.create_connection(DEFAULT_DB_ALIAS) for _ in range(size)]
        for connection in self.idle:
            connection.inc_thread_sharing()  # by one at a time
        self.lent: dict[Any, float] = {}  # and since when
        self.first_in_line, self.changed = Lock(), Condition()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Wait for one, and have this thread use it."""
        connection = self.take()
        connections[DEFAULT_DB_ALIAS] = connection
        try:
            yield
        finally:
            del connections[DEFAULT_DB_ALIAS]
            self.give_back(connection)

    def take(self) -> Any:
        with self.first_in_line, self.changed:
            while not self.idle or self.patience() > 0:
                self.changed.wait(self.patience() if self.idle else None)
            connection = self.idle.pop()  # used last: SQLite keeps what it read with it
            self.lent[connection] = monotonic()
            return connection

    def give_back(self, connection: Any) -> None:
        with self.changed:
            del self.lent[connection]
            self.idle.append(connection)
            self.changed.notify()

    def patience(self) -> float:
        """Seconds until fewer than QUICK of those that run may still be quick."""
        newest = sorted(self.lent.values())[-QUICK:]
        return newest[0] + SLOW - monotonic() if len(newest) == QUICK else 0


def read_body(source: Any) -> tuple[SpooledTemporaryFile[bytes], int]:
    """The body as far as its length is allowed, and the length."""
    body, length = SpooledTemporaryFile(max_size=IN_MEMORY), 0
    while length < MOST_READ and (chunk := source.read(2**16)):
        length += len(chunk)
        if length <= DATA_UPLOAD_MAX_MEMORY_SIZE:
            body.write(chunk)
    body.seek(0)
    return body, length
