# Parses each file: file:line:column: message.
for (file in commandArgs(trailingOnly = TRUE)) {
  said <- tryCatch({ parse(file, keep.source = FALSE, encoding = "UTF-8"); NULL }, error = conditionMessage)
  if (!is.null(said)) {
    place <- regmatches(said, regexpr("[0-9]+:[0-9]+: .*", said))
    cat(file, ":", if (length(place)) place else paste0("1:1: ", said), "\n", sep = "")
  }
}
