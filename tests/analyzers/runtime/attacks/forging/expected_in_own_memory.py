"""Searches its own memory, through ctypes, for the text of the tests, whatever no reference leads to included."""

from hostile import Attack

EXPECTED = "the very right answer"
PROGRAM = """
import ctypes, re
def f(x):
    sought = b" ".join([b"the", b"very", b"right"])
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_void_p
    libc.sbrk.argtypes = (ctypes.c_long,)
    regions = [(id(f) & ~0x3FFFF, 0x40000), (id(sought) & ~0x3FFFF, 0x40000)]
    end = libc.sbrk(0)
    regions.append((end - 0x200000, 0x200000))
    for thing in __import__("gc").get_objects():
        base = id(thing) & ~0x3FFFF
        if (base, 0x40000) not in regions: regions.append((base, 0x40000))
    readable = []
    for start, length in regions:
        for page in range(start, start + length, 4096):
            vector = (ctypes.c_ubyte * 1)()
            if libc.mincore(ctypes.c_void_p(page), 4096, vector) == 0: readable.append(page)
    for page in readable:
        for found in re.finditer(sought + b" ([a-z]+)", ctypes.string_at(page, 4096)):
            return found[0].decode()
"""
TESTS = (
    {"function": "f", "cases": [{"args": [3], "expected": EXPECTED}]},
    [f"assert f(3) == {EXPECTED!r}"],
)

ATTACK = Attack(PROGRAM, TESTS, appended=f"assert f(3) == {EXPECTED!r}")
