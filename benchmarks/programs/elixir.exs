defmodule Primes do
  @moduledoc "Numbers with no divisor."

  def prime?(n) when n < 2, do: false
  def prime?(2), do: true

  def prime?(n) do
    limit = trunc(:math.sqrt(n)) + 1
    Enum.all?(2..limit, fn d -> rem(n, d) != 0 end)
  end

  def below(limit) do
    1..(limit - 1)
    |> Enum.filter(&prime?/1)
    |> Enum.to_list()
  end
end

IO.inspect(Primes.below(30))
# ====
defmodule Words do
  def counts(text) do
    text
    |> String.downcase()
    |> String.split(~r/\W+/, trim: true)
    |> Enum.reduce(%{}, fn word, counts ->
      Map.update(counts, word, 1, &(&1 + 1))
    end)
  end

  def longest([]), do: nil

  def longest(words) do
    Enum.max_by(words, &String.length/1)
  end
end

for {word, count} <- Words.counts("a b a c"), count > 1 do
  IO.puts("#{word}: #{count}")
end
# ====
defmodule Shape do
  defstruct kind: :circle, size: 1.0

  def area(%Shape{kind: :circle, size: radius}) do
    3.14159 * radius * radius
  end

  def area(%Shape{kind: kind, size: side}) when kind in [:square, :box] do
    side * side
  end

  def describe(shape) do
    case area(shape) do
      small when small < 1 -> "small"
      large when large > 100 -> "large"
      _ -> "medium"
    end
  end
end

shape = %Shape{kind: :square, size: 4}
IO.puts(Shape.describe(shape))
# ====
defmodule Sorter do
  def merge_sort([]), do: []
  def merge_sort([one]), do: [one]

  def merge_sort(values) do
    {left, right} = Enum.split(values, div(length(values), 2))
    merge(merge_sort(left), merge_sort(right))
  end

  defp merge([], right), do: right
  defp merge(left, []), do: left

  defp merge([l | left], [r | right]) do
    if l <= r do
      [l | merge(left, [r | right])]
    else
      [r | merge([l | left], right)]
    end
  end
end

[1, 2, 3] = Sorter.merge_sort([3, 1, 2])
# ====
defmodule Account do
  def withdraw(balance, amount) do
    cond do
      amount <= 0 -> {:error, :invalid}
      amount > balance -> {:error, :too_little}
      true -> {:ok, balance - amount}
    end
  end

  def run(balance, amounts) do
    Enum.reduce_while(amounts, balance, fn amount, left ->
      with {:ok, rest} <- withdraw(left, amount),
           true <- rest >= 0 do
        {:cont, rest}
      else
        {:error, reason} -> {:halt, reason}
      end
    end)
  end
end

try do
  IO.inspect(Account.run(100, [30, 40]), label: "left")
rescue
  error in ArgumentError -> IO.puts(error.message)
end
