"""A language server for the tests: it finds every `bad` in a document, and misbehaves as its argument says.

Columns count UTF-16 units unless it is told otherwise. Words of its argument, with commas between them, are the ways in
which it is odd; see the tests for what each of them does.
"""

import json
import os
import re
import subprocess
import sys
import time

ODD = set(filter(None, ",".join(sys.argv[1:]).split(",")))
OPTIONS = dict(word.split("=", 1) for word in ODD if "=" in word)


def write(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def send(message):
    data = json.dumps({"jsonrpc": "2.0", **message}).encode()
    write(b"Content-Type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data)


def read():
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def ask(method, **params):
    """The client's answer to a request."""
    send({"id": f"own-{method}", "method": method, "params": params})
    while (message := read()) and "method" in message:
        PENDING.append(message)
    return message


PENDING = []
OPENED = []


def units(text):
    encoding = OPTIONS.get("encoding", "utf-16")
    return len(text.encode(f"{encoding}-le" if encoding != "utf-8" else encoding)) // {"utf-32": 4, "utf-16": 2}.get(
        encoding, 1
    )


def diagnostics(text):
    found = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        at = line.find("bad")
        if at >= 0:
            start = {"line": number, "character": units(line[:at])}
            end = {"line": number, "character": units(line[: at + 3])}
            found.append({"range": {"start": start, "end": end}, "message": text, "code": "no-bad", "severity": 1})
    return found


def publish(uri, version, found):
    params = {"uri": uri, "diagnostics": found} | ({} if version is None else {"version": version})
    send({"method": "textDocument/publishDiagnostics", "params": params})


def misbehave(at):
    """Whatever is to happen at a point of the conversation; most of it never ends well."""
    ways = {
        "garbage": lambda: write(b"Segmentation fault (core dumped)\n" * 1000),
        "short-garbage": lambda: (write(b"oops\r\n\r\n"), time.sleep(600)),
        "huge": lambda: write(b"Content-Length: 99999999999\r\n\r\n"),
        "negative": lambda: write(b"Content-Length: -5\r\n\r\n"),
        "no-json": lambda: write(b"Content-Length: 4\r\n\r\noops"),
        "list": lambda: write(b"Content-Length: 2\r\n\r\n[]"),
        "deep": lambda: write(b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000),
        "half": lambda: (write(b"Content-Length: 400\r\n\r\n{"), sys.exit(0)),
        "endless-header": lambda: write(b"X" * 100_000),
        "crash": lambda: (sys.stderr.write("boom\n"), sys.exit(3)),
        "signal": lambda: os.kill(os.getpid(), 11),
        "hang": lambda: time.sleep(600),
        "flood": lambda: [
            send({"method": "window/logMessage", "params": {"message": "x" * 60_000}}) for _ in range(10**6)
        ],
        "stderr": lambda: sys.stderr.write("noise\n" * 200_000),
        "params": lambda: send({"method": "textDocument/publishDiagnostics", "params": [1]}),
        "registrations": lambda: send({"id": 1, "method": "client/registerCapability", "params": {"registrations": 7}}),
        "wrong-ids": lambda: [send({"id": wrong, "result": {}}) for wrong in (0, -1, "1", None, 10**9, 1.5)],
        "error": lambda: send({"id": None, "error": {"code": -32700, "message": "parse error"}}),
    }
    for word in ODD:
        if word.startswith(f"{at}:"):
            ways[word.partition(":")[2]]()


def initialize(message):
    misbehave("start")
    capabilities = {}
    if "pull" in ODD:
        capabilities["diagnosticProvider"] = {"interFileDependencies": False}
    if "encoding" in OPTIONS:
        capabilities["positionEncoding"] = OPTIONS["encoding"]
    offered = message["params"]["capabilities"]["general"]["positionEncodings"]
    assert offered == ["utf-32", "utf-8", "utf-16"]
    info = {"name": "fake", "version": "1.2"}
    send({"id": message["id"], "result": {"capabilities": capabilities, "serverInfo": info}})


def initialized(message):
    if "register" in ODD:
        assert (
            ask("client/registerCapability", registrations=[{"id": "d", "method": "textDocument/diagnostic"}])["result"]
            is None
        )
    if "asks" in ODD:
        assert ask("workspace/configuration", items=[{"section": "a"}, {"section": "b"}])["result"] == [None, None]
        (folder,) = ask("workspace/workspaceFolders")["result"]
        assert os.listdir(folder["uri"].removeprefix("file://")) == os.listdir(".") == []
        assert ask("window/workDoneProgress/create", token="t")["result"] is None
        assert ask("workspace/diagnostic/refresh")["result"] is None
        assert ask("workspace/applyEdit", edit={})["result"] == {"applied": False}
        assert ask("no/such")["error"]["code"] == -32601


def opened(message):
    document = message["params"]["textDocument"]
    OPENED.append(document)
    misbehave("open")
    misbehave(document["text"].strip())
    if ODD & {"pull", "register", "silent"}:
        return
    uri, version, found = document["uri"], document["version"], diagnostics(document["text"])
    if "twice" in ODD:
        publish(uri, version, diagnostics("bad early"))
        time.sleep(0.05)
    publish(uri, None if "no-version" in ODD else version, found)
    if "stale" in ODD:
        publish(uri, version - 1, diagnostics("bad version"))
        for old in OPENED[:-1]:
            publish(old["uri"], None if "no-version" in ODD else old["version"], diagnostics("bad old"))


def pulled(message):
    misbehave("pull")
    if "not-ready" in ODD and message["id"] < 4:
        error = {"code": -32802, "message": "cancelled", "data": {"retriggerRequest": True}}
        return send({"id": message["id"], "error": error})
    if "refuses" in ODD:
        return send({"id": message["id"], "error": {"code": -32603, "message": "internal"}})
    kind = "unchanged" if "unchanged" in ODD else "full"
    (document,) = (one for one in OPENED if one["uri"] == message["params"]["textDocument"]["uri"])
    return send({"id": message["id"], "result": {"kind": kind, "items": diagnostics(document["text"])}})


METHODS = {
    "initialize": initialize,
    "initialized": initialized,
    "textDocument/didOpen": opened,
    "textDocument/diagnostic": pulled,
    "textDocument/didClose": lambda message: OPENED.clear() if "stale" not in ODD else None,
}

if "child" in ODD:
    subprocess.Popen(["sleep", "600"])
if "pids" in OPTIONS:
    with open(OPTIONS["pids"], "a") as file:
        file.write(f"{os.getpid()}\n")
while message := PENDING.pop(0) if PENDING else read():
    METHODS[message["method"]](message)
if "deaf" in ODD:
    time.sleep(600)
