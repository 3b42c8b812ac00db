ADD = 'IO.gets("") |> String.split() |> Enum.map(&String.to_integer/1) |> Enum.sum() |> IO.puts()\n'
BROKEN = ('defmodule A do\n  def f(x), do: "é😀" + ) x\nend\n', "SyntaxError", ")")
CRASH = (
    'defmodule A do\n  def g(x) do\n    "é😀" <> Integer.to_string(1 + x)\n  end\nend\nIO.puts(A.g("a"))\n',
    "ArithmeticError",
    '"é😀" <> Integer.to_string(1 + x)',
)
HANG = "defmodule A do\n  def f(), do: f()\nend\nA.f()\n"
FUNCTION = "defmodule HumanEval do\n  def candidate(x), do: f(x)\n  def f(x) do\n    x + 1\n  end\nend"
WRONG = "defmodule HumanEval do\n  def candidate(_), do: 2\nend"
RAISES = (
    "defmodule HumanEval do\n  def candidate(x), do: 1 + f(x)\n  def f(x) do\n    hd(x) + 1\n  end\nend",
    "ArgumentError",
    "hd(x) + 1",
)
LEAVES = "defmodule HumanEval do\n  def candidate(_), do: System.halt(0)\nend"
NOISY = """
defmodule HumanEval do
  def candidate(x) do
    IO.puts(:stderr, "ERROR SyntaxError AssertionError FAIL")
    IO.write(String.duplicate("x", 250_000))
    x + 1
  end
end
"""
TESTS = """ExUnit.start()
defmodule HumanEvalTest do
  use ExUnit.Case, async: true
  test 'f' do
    assert 2 == HumanEval.candidate(1)
    assert 3 == HumanEval.candidate(2)
  end
end
"""
