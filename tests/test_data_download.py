"""Fetching over HTTP from a server on this machine: broken connections, beginnings that are kept, several at once."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from dlcli.core.dataset import DataEnv
from dlcli.data.download import download, unfinished
from dlcli.data.fetch import Mirror, check_md5, obtain
from dlcli.errors import DataError, DataUnavailableError

CONTENT = np.random.default_rng(0).integers(0, 256, 1_000_000, np.uint8).tobytes()
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server:
    """Serves one file; `cuts` says after how many bytes each answer in turn breaks off, None: not at all."""

    def __init__(self):
        self.content, self.version, self.ranges = CONTENT, '"one"', True
        self.cuts, self.asked = [], []

    def answer(self, handler):
        wanted = handler.headers.get("Range")
        self.asked.append((wanted, handler.headers.get("If-Range")))
        start = 0
        if handler.path != "/file":
            handler.send_error(404)
            return
        if wanted and self.ranges and handler.headers.get("If-Range") in (None, self.version):
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(self.content):
                handler.send_error(416)
                return
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        else:
            handler.send_response(200)
        body = self.content[start:]
        handler.send_header("Content-Length", str(len(body)))
        if self.version:
            handler.send_header("ETag", self.version)
        handler.end_headers()
        cut = self.cuts.pop(0) if self.cuts else None
        handler.wfile.write(body[:cut])
        if cut is not None:
            handler.wfile.flush()
            handler.connection.close()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.answer(self)

        def log_message(self, *args):
            pass

        def handle(self):
            with suppress(ConnectionError, ValueError):  # the connection that was cut
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        served.url = f"http://127.0.0.1:{running.server_port}/file"
        try:
            yield served
        finally:
            running.shutdown()


@pytest.fixture
def env(tmp_path):
    (tmp_path / "data").mkdir()
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=False, bases=(), seed=0, warn=pytest.fail,
    )


def obtained(env, *mirrors, md5=MD5):
    def read(path: Path) -> bytes:
        check_md5(path, md5)
        return path.read_bytes()

    return obtain(
        env, read, name="the file", where="dataset x", candidates=["x/file"], hint="place it",
        mirrors=[Mirror(url, "x/file") for url in mirrors],
    )


def left(env):
    folder = env.cache_dir / "x"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_comes_as_it_lies_on_the_server(server, tmp_path):
    download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT and server.asked == [(None, None)]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_connection_that_breaks_is_taken_up_where_it_broke(server, env):
    server.cuts = [300_000, 200_000]
    assert obtained(env, server.url) == CONTENT
    starts = [int(wanted[6:-1]) if wanted else 0 for wanted, _ in server.asked]
    assert len(starts) == 3 and 0 == starts[0] < starts[1] <= 300_000 and starts[1] < starts[2] <= 500_000
    assert left(env) == ["file"]


def test_what_has_come_is_kept_for_the_next_command(server, env, monkeypatch):
    server.cuts = [300_000]
    monkeypatch.setattr("dlcli.data.download._ATTEMPTS", 1)
    with pytest.raises(DataUnavailableError):
        obtained(env, server.url)
    (part,) = (env.cache_dir / "x").glob(".fetching.*file")
    have = part.stat().st_size
    assert 0 < have <= 300_000
    assert obtained(env, server.url) == CONTENT
    assert server.asked[-1] == (f"bytes={have}-", '"one"') and left(env) == ["file"]


@pytest.mark.parametrize("change", ["version", "ranges"])
def test_a_beginning_of_another_version_is_not_gone_on_with(server, env, monkeypatch, change):
    server.cuts = [300_000]
    monkeypatch.setattr("dlcli.data.download._ATTEMPTS", 1)
    with pytest.raises(DataUnavailableError):
        obtained(env, server.url)
    if change == "version":  # the file on the server is another one now
        server.content, server.version = CONTENT[::-1], '"two"'
    else:  # or the server does not send parts
        server.ranges = False
    wanted = CONTENT[::-1] if change == "version" else CONTENT
    assert obtained(env, server.url, md5=hashlib.md5(wanted).hexdigest()) == wanted


def test_without_a_version_a_file_is_fetched_from_its_beginning(server, env):
    server.version, server.cuts = "", [300_000]
    assert obtained(env, server.url) == CONTENT
    assert server.asked == [(None, None)] * 2


def test_a_file_that_had_come_to_its_end_is_fetched_anew(server, env):
    part = env.cache_dir / "x" / f".fetching.{hashlib.sha256(server.url.encode()).hexdigest()[:8]}.file"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    part.with_name(f"{part.name}.version").write_text('"one"')
    assert obtained(env, server.url) == CONTENT
    assert server.asked == [(f"bytes={len(CONTENT)}-", '"one"'), (None, None)] and left(env) == ["file"]


def test_the_next_mirror_is_asked_where_the_first_has_nothing(server, env):
    assert obtained(env, f"{server.url}/absent", server.url) == CONTENT
    assert left(env) == ["file"]


def test_what_was_tried_is_named_and_how_to_place_the_file_by_hand(server, env):
    with pytest.raises(DataUnavailableError, match=r"(?s)data.x: no the file.*cache.x: no the file.*404") as error:
        obtained(env, f"{server.url}/absent")
    assert error.value.hint == "place it" and left(env) == []


def test_wrong_content_is_fetched_again_once_and_then_refused_without_a_trace(server, env):
    server.content = b"<html>log in</html>"
    with pytest.raises(DataError, match="twice in a row: expected md5"):
        obtained(env, server.url)
    assert server.asked == [(None, None)] * 2 and left(env) == []


def test_two_processes_that_fetch_the_same_do_not_write_into_one_file(tmp_path):
    target = tmp_path / "file"
    with unfinished(target, "http://a/file") as first, unfinished(target, "http://a/file") as second:
        assert first != second and first.name.endswith(".file") and second.name.endswith(".file")
        first.write_bytes(b"1")
        second.write_bytes(b"2")
        second.replace(target)
        first.replace(target)
    assert target.read_bytes() == b"1" and [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_beginning_stays_unless_it_is_wrong(tmp_path):
    for error, stays in ((ConnectionError, True), (DataError, False), (KeyboardInterrupt, True)):
        with pytest.raises(error), unfinished(tmp_path / "file", "http://a/file") as path:
            path.write_bytes(b"half")
            raise error("x")
        assert bool(list(tmp_path.iterdir())) == stays, error
        for path in tmp_path.iterdir():
            path.unlink()


def test_offline_no_server_is_asked(server, env):
    with pytest.raises(DataUnavailableError, match="DLCLI_OFFLINE"):
        obtained(replace(env, offline=True), server.url)
    assert server.asked == []
