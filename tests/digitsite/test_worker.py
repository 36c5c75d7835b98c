"""Clients that stall, on a real gunicorn: nobody waits for them, and they don't stay."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Semaphore

import pytest

from digitsite.worker import IN_DJANGO, QUICK, Pool
from tests.support.serving import ROOT, Site, site

PREDICT = b"POST /api/v1/predict/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
STALLS = {
    "a head": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half: ",
    "a body": PREDICT + b"Content-Length: 1000\r\n\r\n{",
    "a body that is too large": PREDICT + b"Content-Length: 100000000\r\n\r\n{",
    "a chunk": PREDICT + b"Transfer-Encoding: chunked\r\n\r\n10\r\n{",
    "nothing": b"",
    "a goodbye": b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n",
}

FILES = Path("/proc/self/fd")
# Threads of each process that look after the network and the upkeep, with a connection each.
WATCHING = 2


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> str:
    """Settings of gunicorn that give clients little time."""
    path = tmp_path_factory.mktemp("config") / "gunicorn.conf.py"
    path.write_text(
        f"exec(open({str(ROOT / 'gunicorn.conf.py')!r}).read())\n"
        "from digitsite import worker\n"
        "worker.HEAD = worker.BODY = 2\n"
    )
    return str(path)


@pytest.fixture(scope="module")
def quick(tmp_path_factory, config) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("quick"), "-c", config) as started:
        yield started


@contextmanager
def stalled(site: Site, sent: bytes, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        lines = [stack.enter_context(site.dial()) for _ in range(count)]
        for line in lines:
            line.sendall(sent)
        yield lines


def last_words(line: socket.socket) -> bytes:
    """All that is still answered, until the other side hangs up."""
    said = b""
    try:
        while part := line.recv(2**16):
            said += part
    except ConnectionResetError:
        pass
    return said


def test_who_stalls_keeps_nobody_waiting(tmp_path):
    with site(tmp_path) as started, ExitStack() as stack:
        kinds = [stack.enter_context(stalled(started, sent, 8)) for sent in STALLS.values()]
        assert started.ask("/healthz").status == 200
        for line in (*kinds[0], *kinds[1]):
            line.setblocking(False)
            with pytest.raises(BlockingIOError):  # it is still there, without an answer
                line.recv(1)


@pytest.mark.parametrize("sent", STALLS.values(), ids=STALLS)
def test_who_stalls_is_hung_up_on(quick, sent):
    with stalled(quick, sent, 4 * IN_DJANGO) as lines:
        for line in lines:
            last_words(line)


def test_who_sends_a_byte_now_and_then_is_hung_up_on_too(quick):
    with stalled(quick, STALLS["a body"], 1) as [line], suppress(ConnectionError):
        line.settimeout(0.2)
        for _ in range(100):
            line.sendall(b" ")
            with suppress(TimeoutError):
                if not line.recv(1000):
                    break
        else:
            pytest.fail("it may go on for ever")


def test_who_does_not_send_all_in_time_hears_so(quick):
    with stalled(quick, STALLS["a body"], 1) as [line]:
        assert last_words(line).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_connection_is_kept_for_the_next_request(quick):
    with quick.dial() as line, line.makefile("rb") as answers:
        for _ in range(3):
            line.sendall(PREDICT + b"Content-Length: 2\r\n\r\n{}")
            assert answers.readline() == b"HTTP/1.1 400 Bad Request\r\n"
            length = 0
            while (header := answers.readline()) != b"\r\n":
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert answers.read(length) == b'{"images":["This field is required."]}'


def test_a_body_that_is_longer_than_the_memory_holds_arrives_whole(quick):
    body = b'{"images": ["' + b" " * 3_000_000 + b'"]}'
    answer = quick.ask("/api/v1/predict/", body, **{"Content-Type": "application/json"})
    assert answer.status == 400
    assert b"not an image that can be read" in answer.read()


def test_many_at_once_are_all_answered(quick):
    with ThreadPoolExecutor(32) as clients:
        answers = list(clients.map(lambda _: quick.ask("/healthz").status, range(200)))
    assert answers == [200] * 200


@pytest.mark.skipif(not FILES.exists(), reason="only Linux tells the open files of a process")
def test_many_threads_share_a_few_connections_to_the_database(quick):
    with ThreadPoolExecutor(32) as clients:
        list(clients.map(lambda _: quick.ask("/healthz"), range(200)))
    family = f"/proc/{quick.process.pid}/task/{quick.process.pid}/children"
    [worker] = Path(family).read_text().split()
    opened = [os.readlink(file) for file in Path(f"/proc/{worker}/fd").iterdir()]
    connections = [path for path in opened if path.endswith(".sqlite3")]
    assert 0 < len(connections) <= IN_DJANGO + WATCHING


def test_clients_that_go_on_and_on_keep_nobody_waiting(tmp_path, config):
    def go_on() -> int:
        line, count = started.connection(), 0
        while not done.is_set():
            line.request("GET", "/healthz")
            line.getresponse().read()
            count += 1
        return count

    done = Event()
    with (
        site(tmp_path, "-c", config, "--threads", "2") as started,
        ThreadPoolExecutor(4) as clients,
    ):
        busy = [clients.submit(go_on) for _ in range(4)]
        try:
            assert [started.ask("/healthz").status for _ in range(5)] == [200] * 5
        finally:
            done.set()
        assert sum(client.result() for client in busy) < 1000  # which was thousands


def test_nobody_may_say_below_which_path_the_site_lies(quick):
    assert quick.ask("/healthz", SCRIPT_NAME="/health").status == 200
    assert quick.ask("/healthz", SCRIPT_NAME="/elsewhere").status == 200


def test_it_stops_while_clients_stall(tmp_path, config):
    with site(tmp_path, "-c", config) as started, stalled(started, STALLS["a body"], 8):
        started.process.terminate()
        assert started.process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    ("slow", "at_once"), [(3600, QUICK), (0, 4)], ids=["quick ones", "slow ones"]
)
def test_of_those_that_run_only_the_quick_ones_keep_others_waiting(monkeypatch, slow, at_once):
    def run() -> None:
        with pool.connected():
            running.release()
            done.acquire(timeout=60)

    monkeypatch.setattr("digitsite.worker.SLOW", slow)
    pool, running, done = Pool(4), Semaphore(0), Semaphore(0)
    with ThreadPoolExecutor(6) as threads:
        for _ in range(6):
            threads.submit(run)
        for _ in range(at_once):
            assert running.acquire(timeout=60)
        assert not running.acquire(timeout=0.2)
        for _ in range(6 - at_once):
            done.release()
            assert running.acquire(timeout=60)
        done.release(at_once)
