import os
import sys
import time
from pathlib import Path

import pytest

from analyzers import jsonrpc
from analyzers.errors import AnalyzerFailed
from analyzers.jsonrpc import Connection

ECHO = "import os, sys\nwhile data := os.read(0, 1 << 16): os.write(1, data)\n"
SLOW = "import os, sys, time\nfor byte in {data!r}: os.write(1, bytes([byte])); time.sleep(0.001)\ntime.sleep(60)\n"


@pytest.fixture
def connect(tmp_path):
    made = []

    def start(code, *arguments):
        argv = [sys.executable, "-IS", "-c", code, *arguments]
        made.append(Connection(argv, folder=tmp_path, environment={"PATH": os.defpath}))
        return made[-1]

    yield start
    for connection in made:
        connection.close()


def soon():
    return time.monotonic() + 20


def test_messages_arrive_whole_and_in_order(connect):
    connection = connect(ECHO)
    sent = [{"id": 1, "text": "é😀\ud800"}, {"id": 2, "text": "x" * 1_000_000}, {"id": 3, "text": ""}]
    for message in sent:
        connection.send(message)
    assert [connection.receive(soon()) for _ in sent] == [{"jsonrpc": "2.0", **message} for message in sent]
    assert connection.receive(time.monotonic() + 0.05) is None
    assert connection.alive


def test_a_message_may_come_byte_by_byte_with_other_headers(connect):
    data = b'Content-Type: x\r\nCONTENT-LENGTH:\t10 \r\n\r\n{"a":"\xc3\xa9"}Content-Length: 2\r\n\r\n{}'
    connection = connect(SLOW.format(data=data))
    assert connection.receive(soon()) == {"a": "é"}
    assert connection.receive(soon()) == {}


@pytest.mark.parametrize(
    "header", [b"Length: 2", b"Content-Length: two", b"X-Content-Length: 2", b"Content-Length: 2x"]
)
def test_headers_that_do_not_say_how_long(connect, header):
    connection = connect(SLOW.format(data=header + b"\r\n\r\n{}"))
    with pytest.raises(AnalyzerFailed, match="no header with a Content-Length"):
        connection.receive(soon())


def test_a_message_that_is_too_long(connect, monkeypatch):
    monkeypatch.setattr(jsonrpc, "MAX_MESSAGE", 100)
    connection = connect(ECHO)
    connection.send({"text": "x" * 100})
    with pytest.raises(AnalyzerFailed, match="announced a message of 130 bytes, 100 are taken"):
        connection.receive(soon())


def test_a_conversation_that_is_too_long_and_a_new_one(connect, monkeypatch):
    monkeypatch.setattr(jsonrpc, "MAX_CONVERSATION", 1000)
    connection = connect(ECHO)
    for _ in range(10):
        connection.begin()
        connection.send({"text": "x" * 500})
        assert connection.receive(soon())
    connection.send({"text": "x" * 500})
    with pytest.raises(AnalyzerFailed, match="said more than 1000 bytes"):
        connection.receive(soon())


def test_what_was_said_before_the_end_is_still_received(connect):
    done = "import os; os.write(1, b'Content-Length: 2\\r\\n\\r\\n{}'); os.write(2, b'tired'); raise SystemExit(7)"
    connection = connect(done)
    connection.send({"text": "x" * 1_000_000})  # which nobody reads
    assert connection.receive(soon()) == {}
    with pytest.raises(AnalyzerFailed, match=r"ended with status 7; it said: 'tired'"):
        connection.receive(soon())
    assert not connection.alive


def test_a_command_that_cannot_be_started(tmp_path):
    (tmp_path / "command").write_text("no program")
    connection = Connection([str(tmp_path / "command")], folder=tmp_path, environment={})
    with pytest.raises(AnalyzerFailed, match=r"command ended with status 126; it said: .*ermission denied"):
        connection.receive(soon())
    connection.close()
    before = open_files()
    with pytest.raises(FileNotFoundError):
        Connection(["x"], folder=tmp_path / "nowhere", environment={})
    assert open_files() == before


def test_closing_twice_leaves_nothing_open(connect):
    before = open_files()
    connection = connect(ECHO)
    connection.close()
    connection.close()
    assert open_files() == before
    assert not connection.alive


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))
