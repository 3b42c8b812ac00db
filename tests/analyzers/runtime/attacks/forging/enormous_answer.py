"""Answers with what is small here and huge when it is written down: a list that holds itself, or the same list a
million times, nested a thousand deep."""

from hostile import ASSERTS, Attack

PROGRAM = """
def f(x):
    if x == 1:
        answer = []
        answer.append(answer)
    else:
        answer = "x" * 1000
        for _ in range(30): answer = [answer, answer]
    return answer
def g(x):
    answer = []
    for _ in range(100_000): answer = [answer]
    return answer
def h(x): return "y" * (64 << 20)
"""
OTHERS = ["assert g(1) == []", "assert h(1) == ''", "assert h(2) == h(2) == 'y'"]
LIMITS = {"timeout_s": 0.2}

ATTACK = Attack(PROGRAM, (ASSERTS, OTHERS), naive="reporting", appended="print(f(5))", works="hangs", limits=LIMITS)
