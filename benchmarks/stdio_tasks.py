"""Twenty tasks in the form of APPS: a program that reads standard input and prints, with ten tests each.

The programs are as short as those of introductory contests, and so are their inputs; both are made here, the inputs
from a fixed seed, and what must be printed by running the program. Every program is right by definition: these tasks
measure harnesses, not models.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

TESTS = 10


def numbers(rng: random.Random, low: int = 3, high: int = 12, top: int = 50) -> str:
    """A line with a count and a line with that many numbers."""
    values = [rng.randint(1, top) for _ in range(rng.randint(low, high))]
    return f"{len(values)}\n{' '.join(map(str, values))}\n"


def word(rng: random.Random, alphabet: str = "abcd", high: int = 14) -> str:
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(3, high)))


def graph(rng: random.Random) -> str:
    """Count of nodes and edges, then an edge a line: from, to (greater, so there is no cycle), weight."""
    size = rng.randint(4, 9)
    edges = [(a, b, rng.randint(1, 20)) for a in range(1, size) for b in range(a + 1, size + 1) if rng.random() < 0.5]
    return "\n".join([f"{size} {len(edges)}", *(f"{a} {b} {w}" for a, b, w in edges)]) + "\n"


def grid(rng: random.Random) -> str:
    rows, columns = rng.randint(3, 7), rng.randint(3, 7)
    lines = ["".join(rng.choice("...#") for _ in range(columns)) for _ in range(rows)]
    return "\n".join([f"{rows} {columns}", *lines]) + "\n"


def pairs(rng: random.Random) -> str:
    rows = [sorted((rng.randint(0, 40), rng.randint(0, 40))) for _ in range(rng.randint(3, 10))]
    return "\n".join([str(len(rows)), *(f"{a} {b}" for a, b in rows)]) + "\n"


PROGRAMS: dict[str, tuple[Callable[[random.Random], str], str]] = {
    "sums": (pairs, "for _ in range(int(input())):\n    a, b = map(int, input().split())\n    print(a + b)\n"),
    "common divisor": (
        numbers,
        "from math import gcd\ninput()\nresult = 0\nfor value in map(int, input().split()):\n"
        "    result = gcd(result, value)\nprint(result)\n",
    ),
    "brackets": (
        lambda rng: word(rng, "()[]") + "\n",
        """stack = []
good = True
for sign in input():
    if sign in '([':
        stack.append(sign)
    elif not stack or stack.pop() + sign not in ('()', '[]'):
        good = False
        break
print('YES' if good and not stack else 'NO')
""",
    ),
    "longest rise": (
        numbers,
        """from bisect import bisect_left
input()
tails = []
for value in map(int, input().split()):
    place = bisect_left(tails, value)
    tails[place:place + 1] = [value]
print(len(tails))
""",
    ),
    "word count": (
        lambda rng: " ".join(word(rng, "ab", 4) for _ in range(rng.randint(4, 20))) + "\n",
        """from collections import Counter
for name, count in sorted(Counter(input().split()).items(), key=lambda pair: (-pair[1], pair[0])):
    print(name, count)
""",
    ),
    "primes": (
        lambda rng: f"{rng.randint(2, 2000)}\n",
        """n = int(input())
sieve = [True] * (n + 1)
found = []
for number in range(2, n + 1):
    if sieve[number]:
        found.append(number)
        for multiple in range(number * number, n + 1, number):
            sieve[multiple] = False
print(len(found))
print(*found[-3:])
""",
    ),
    "spiral": (
        lambda rng: f"{rng.randint(1, 7)}\n",
        """n = int(input())
table = [[0] * n for _ in range(n)]
row, column, down, right = 0, 0, 0, 1
for value in range(1, n * n + 1):
    table[row][column] = value
    if table[(row + down) % n][(column + right) % n]:
        down, right = right, -down
    row += down
    column += right
for line in table:
    print(*line)
""",
    ),
    "coins": (
        lambda rng: f"{rng.randint(5, 60)}\n" + numbers(rng, 2, 5, 12),
        """total = int(input())
input()
ways = [1] + [0] * total
for coin in sorted(set(map(int, input().split()))):
    for amount in range(coin, total + 1):
        ways[amount] += ways[amount - coin]
print(ways[total])
""",
    ),
    "shortest way": (
        grid,
        """from collections import deque
rows, columns = map(int, input().split())
cells = [input() for _ in range(rows)]
steps = {(0, 0): 0}
queue = deque(steps)
while queue:
    row, column = queue.popleft()
    for place in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
        inside = 0 <= place[0] < rows and 0 <= place[1] < columns
        if inside and place not in steps and cells[place[0]][place[1]] == '.':
            steps[place] = steps[row, column] + 1
            queue.append(place)
print(steps.get((rows - 1, columns - 1), -1))
""",
    ),
    "distances": (
        graph,
        """import heapq
import sys
lines = sys.stdin.read().splitlines()
size, count = map(int, lines[0].split())
roads = {}
for line in lines[1:count + 1]:
    a, b, weight = map(int, line.split())
    roads.setdefault(a, []).append((b, weight))
best = {}
heap = [(0, 1)]
while heap:
    length, node = heapq.heappop(heap)
    if node in best:
        continue
    best[node] = length
    for target, weight in roads.get(node, ()):
        heapq.heappush(heap, (length + weight, target))
print(*(best.get(node, -1) for node in range(1, size + 1)))
""",
    ),
    "order": (
        graph,
        """import heapq
size, count = map(int, input().split())
after = [[] for _ in range(size + 1)]
waits = [0] * (size + 1)
for _ in range(count):
    a, b, _ = map(int, input().split())
    after[a].append(b)
    waits[b] += 1
ready = [node for node in range(1, size + 1) if not waits[node]]
order = []
while ready:
    node = heapq.heappop(ready)
    order.append(node)
    for later in after[node]:
        waits[later] -= 1
        if not waits[later]:
            heapq.heappush(ready, later)
print(*order)
""",
    ),
    "palindromes": (
        lambda rng: word(rng, "ab", 20) + "\n",
        """text = input()
found = 0
for middle in range(2 * len(text) - 1):
    left, right = middle // 2, (middle + 1) // 2
    while left >= 0 and right < len(text) and text[left] == text[right]:
        found += 1
        left -= 1
        right += 1
print(found)
""",
    ),
    "roman": (
        lambda rng: f"{rng.randint(1, 3999)}\n",
        """value = int(input())
result = ''
signs = ((1000, 'M'), (900, 'CM'), (500, 'D'), (400, 'CD'), (100, 'C'), (90, 'XC'), (50, 'L'), (40, 'XL'))
for size, sign in signs + ((10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I')):
    result += sign * (value // size)
    value %= size
print(result)
""",
    ),
    "cipher": (
        lambda rng: f"{rng.randint(1, 25)}\n{word(rng, 'xyz QRS', 30)}\n",
        """shift = int(input())
line = input()
result = []
for sign in line:
    base = 97 if sign.islower() else 65
    result.append(chr((ord(sign) - base + shift) % 26 + base) if sign.isalpha() else sign)
print(''.join(result))
""",
    ),
    "intervals": (
        pairs,
        """import sys
rows = [tuple(map(int, line.split())) for line in sys.stdin.read().split('\\n')[1:] if line]
merged = []
for start, end in sorted(rows):
    if merged and start <= merged[-1][1]:
        merged[-1][1] = max(merged[-1][1], end)
    else:
        merged.append([start, end])
for start, end in merged:
    print(start, end)
""",
    ),
    "pairs": (
        lambda rng: f"{rng.randint(5, 40)}\n" + numbers(rng, 4, 20, 30),
        """from collections import defaultdict
target = int(input())
input()
seen = defaultdict(int)
found = 0
for value in map(int, input().split()):
    found += seen[target - value]
    seen[value] += 1
print(found)
""",
    ),
    "knapsack": (
        lambda rng: f"{rng.randint(10, 60)}\n" + pairs(rng),
        """room = int(input())
best = [0] * (room + 1)
for _ in range(int(input())):
    weight, value = map(int, input().split())
    for left in range(room, weight - 1, -1):
        best[left] = max(best[left], best[left - weight] + value)
print(best[room])
""",
    ),
    "edits": (
        lambda rng: f"{word(rng)}\n{word(rng)}\n",
        """from functools import lru_cache
first, second = input(), input()


@lru_cache(None)
def distance(a, b):
    if a == 0 or b == 0:
        return a + b
    change = distance(a - 1, b - 1) + (first[a - 1] != second[b - 1])
    return min(change, distance(a - 1, b) + 1, distance(a, b - 1) + 1)


print(distance(len(first), len(second)))
""",
    ),
    "places": (
        lambda rng: numbers(rng) + numbers(rng),
        """from bisect import bisect_right
input()
values = sorted(map(int, input().split()))
input()
for query in map(int, input().split()):
    print(bisect_right(values, query))
""",
    ),
    "running mean": (
        numbers,
        "input()\ntotal = 0\nfor index, value in enumerate(map(int, input().split()), 1):\n"
        "    total += value\n    print('%.3f' % (total / index))\n",
    ),
}


def tasks() -> list[dict[str, Any]]:
    """`{"name", "program", "stdio": [{"stdin", "stdout"}, ...]}` of each task."""
    made = []
    for name, (make, program) in PROGRAMS.items():
        rng = random.Random(name)
        inputs = [make(rng) for _ in range(TESTS)]
        cases = [{"stdin": given, "stdout": printed(program, given)} for given in inputs]
        made.append({"name": name, "program": program, "stdio": cases})
    return made


def printed(program: str, given: str) -> str:
    """What a program prints, run in this process."""
    before, sys.stdin = sys.stdin, io.StringIO(given)
    try:
        with redirect_stdout(io.StringIO()) as output:
            exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
    finally:
        sys.stdin = before
    return output.getvalue()


if __name__ == "__main__":
    for task in tasks():
        case = task["stdio"][0]
        print(f"{task['name']}: {case['stdin']!r} -> {case['stdout']!r}")
