# Reads each file into its quoted form: file:line: message.
for file <- System.argv() do
  case Code.string_to_quoted(File.read!(file), file: file) do
    {:ok, _} -> :ok
    {:error, {place, message, token}} ->
      line = if is_integer(place), do: place, else: place[:line]
      words = if is_tuple(message), do: message |> Tuple.to_list() |> Enum.join(" "), else: message
      said = String.replace("#{words} #{inspect(token)}", "\n", " ")
      IO.puts("#{file}:#{line}: #{said}")
  end
end
