"""Passes descriptors over the channel, hundreds of them: whoever takes them in has soon none left of its own."""

from hostile import EVERY, Attack

PROGRAM = """
import array, os, socket
def f(x):
    channel = socket.socket(fileno=os.dup(3))
    body = b'{"value": 7}'
    for _ in range(20):
        sent = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * 200)
        frame = len(body).to_bytes(4, "big") + body
        channel.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
    return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="receiving", works="dies")
