-- Loads each file without running it: file:line: message.
for _, file in ipairs(arg) do
  local ok, message = loadfile(file, "t")
  if not ok then print(message) end
end
