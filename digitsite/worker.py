"""How gunicorn serves the site: whoever sends or listens slowly keeps nobody else waiting."""

import os
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from time import monotonic, sleep
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from digitsite.settings import DATA_UPLOAD_MAX_MEMORY_SIZE

Application = Callable[..., Iterable[bytes]]

# Each has a connection to the database of its own. They are more than the cores, for some may wait.
DJANGO_THREADS = 8
# Seconds until a request has to be here: its head, its body after that, and to take the answer.
HEAD, BODY, ANSWER = 10, 20, 120
# Seconds that the client has to hang up after its last answer.
GOODBYE = 2
# Seconds that a worker leaves a connection to the others, for each that it has, and at most.
YIELD, MOST_YIELD = 0.001, 0.004
# Bytes: what is longer than this waits on the disk.
IN_MEMORY = 2**20
# Most clients listen for the answer only when they have sent everything: so much is taken from who
# sends too much, and thrown away.
MOST_READ = 128 * 2**20


class Worker(ThreadWorker):
    """Reads requests and writes answers in its own threads, and runs Django in a few others."""

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
        self.due[conn] = monotonic() + HEAD
        try:
            goes_on = super().handle(conn)
            if goes_on is False:
                self.hang_up(conn)
            return goes_on
        finally:
            del self.due[conn]

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


def whole_requests(application: Application) -> Application:
    """The same, run in a few threads and with requests that have been read to their end."""
    threads = ThreadPoolExecutor(DJANGO_THREADS, thread_name_prefix="django")

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"], length = read_body(environ["wsgi.input"])
        if length < min(int(environ.get("CONTENT_LENGTH") or 0), MOST_READ):
            start_response("408 Request Timeout", [("Content-Length", "0")])
            return []
        return threads.submit(application, environ, start_response).result()

    return serve


def read_body(source: Any) -> tuple[SpooledTemporaryFile[bytes], int]:
    """The body as far as its length is allowed, and the length."""
    body, length = SpooledTemporaryFile(max_size=IN_MEMORY), 0
    while length < MOST_READ and (chunk := source.read(2**16)):
        length += len(chunk)
        if length <= DATA_UPLOAD_MAX_MEMORY_SIZE:
            body.write(chunk)
    body.seek(0)
    return body, length
