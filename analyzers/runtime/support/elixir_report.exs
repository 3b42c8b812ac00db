# Runs a program (elixir elixir_report.exs FILE): reports the exception that ends it and the tests that fail.
defmodule SpanwiseReport do
  use GenServer

  @places 10
  @refused [SyntaxError, TokenMissingError, CompileError]

  def run(file) do
    Application.put_env(:ex_unit, :formatters, [__MODULE__], persistent: true)
    System.argv([])
    Code.require_file(file)
  catch
    kind, reason ->
      report(kind, Exception.normalize(kind, reason, __STACKTRACE__), __STACKTRACE__, file)
      System.halt(1)
  end

  # Of ExUnit: one message for each test.
  @impl true
  def init(_options), do: {:ok, nil}

  @impl true
  def handle_cast({:test_finished, %{state: {:failed, failures}, tags: %{file: file}}}, state) do
    for {kind, reason, stack} <- failures, do: report(kind, reason, stack, file)
    {:noreply, state}
  end

  def handle_cast(_message, state), do: {:noreply, state}

  defp report(:error, %module{line: line, description: message} = problem, _stack, _file) when module in @refused do
    column = Map.get(problem, :column)
    write(code(module), message, [Enum.reject([line, column], &is_nil/1)], "syntax", false)
  end

  defp report(:error, %module{} = problem, stack, file) do
    write(code(module), Exception.message(problem), places(stack, file), "runtime", module == ExUnit.AssertionError)
  end

  defp report(kind, reason, stack, file) do
    code = with {:EXIT, _} <- kind, do: :exit
    write(to_string(code), inspect(reason), places(stack, file), "runtime", false)
  end

  defp code(module), do: module |> inspect()

  defp places(stack, file) do
    own = Path.basename(file)

    stack
    |> Enum.map(fn {_module, _function, _arity, location} -> location end)
    |> Enum.filter(&(Path.basename(to_string(&1[:file] || "")) == own))
    |> Enum.map(&[&1[:line]])
    |> Enum.take(@places)
  end

  defp write(code, message, places, kind, failed) do
    fields =
      [code: quoted(code), message: quoted(String.slice(message, 0, 250)), kind: quoted(kind)] ++
        [at: inspect(places, charlists: :as_lists, limit: :infinity), failed: to_string(failed)]

    body = Enum.map_join(fields, ", ", fn {name, value} -> "\"#{name}\": #{value}" end)
    IO.write(:stderr, "\n\x1e{#{body}}\n")
  end

  defp quoted(text) do
    escaped =
      for <<sign::utf8 <- text>>, into: "" do
        case sign do
          ?" -> "\\\""
          ?\\ -> "\\\\"
          ?\n -> "\\n"
          control when control < 0x20 -> " "
          other -> <<other::utf8>>
        end
      end

    "\"#{escaped}\""
  end
end

System.argv() |> hd() |> SpanwiseReport.run()
