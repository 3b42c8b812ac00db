# What lintr and codetools say of programs, which are parsed and never evaluated.
#
# Arguments: files. Standard output takes a JSON list; lines and columns count code points from 1, ends are inclusive.
# Only linters that evaluate nothing are used: lintr's own `object_usage_linter` and `sprintf_linter` evaluate pieces of the
# program, so that `usage` below stands for the first.

suppressPackageStartupMessages(library(lintr))

functions <- function(code) {
  if (is.call(code) && identical(code[[1]], quote(`function`))) {
    return(list(code))
  }
  if (is.recursive(code)) do.call(c, lapply(as.list(code), functions)) else list()
}

closure <- function(code, env) as.function.default(c(as.list(code[[2]]), list(code[[3]])), envir = env)

defined <- function(xml) {
  outside <- "[not(ancestor::expr[FUNCTION or OP-LAMBDA])]"
  here <- c(
    "//*[LEFT_ASSIGN or EQ_ASSIGN]/expr[1]/*[self::SYMBOL or self::STR_CONST]", "//*[RIGHT_ASSIGN]/expr[2]/SYMBOL",
    "//forcond/SYMBOL", "//expr[expr[1]/SYMBOL_FUNCTION_CALL[text() = 'assign']]/expr[2]/STR_CONST"
  )
  paths <- c(paste0(here, outside), "//*[LEFT_ASSIGN[text() = '<<-']]/expr[1]/SYMBOL")
  symbols <- xml2::xml_text(xml2::xml_find_all(xml, paste(paths, collapse = "|")))
  calls <- "//expr[expr[1]/SYMBOL_FUNCTION_CALL[text() = 'library' or text() = 'require']]/expr[2]/*"
  packages <- gsub("[\"'`]", "", xml2::xml_text(xml2::xml_find_all(xml, calls)))
  installed <- packages[packages %in% rownames(installed.packages())]
  c(gsub("^[\"'`]|[\"'`]$", "", symbols), unlist(lapply(installed, getNamespaceExports)))
}

usage <- Linter(function(source_expression) {
  if (!is_lint_level(source_expression, "file")) {
    return(list())
  }
  program <- tryCatch(parse(text = source_expression$file_lines, keep.source = TRUE), error = function(e) NULL)
  xml <- source_expression$full_xml_parsed_content
  if (is.null(program) || is.null(xml)) {
    return(list())
  }
  env <- new.env(parent = globalenv())
  for (name in setdiff(defined(xml), "")) {
    assign(name, function(...) NULL, envir = env)
  }
  places <- xml2::xml_find_all(xml, "//SYMBOL[not(../../EQ_SUB)] | //SYMBOL_FUNCTION_CALL")
  names <- gsub("^`|`$", "", xml2::xml_text(places))
  lines <- as.integer(xml2::xml_attr(places, "line1"))
  lints <- list()
  for (code in functions(as.list(program))) {
    at <- as.integer(code[[4]])
    report <- function(said) {
      said <- sub("^<anonymous>: |^[^:]*: ", "", sub(" \\(<text>:[-0-9]*\\)$", "", trimws(said)))
      name <- sub("^.*(?:[\u2018'](.*)[\u2019']|error in ([^(]*)).*$", "\\1\\2", said, perl = TRUE)
      found <- places[names == name & lines >= at[[1]] & lines <= at[[3]]]
      if (length(found) > 0) {
        lints[[length(lints) + 1]] <<- xml_nodes_to_lints(found[[1]], source_expression, said, type = "warning")
      }
    }
    codetools::checkUsage(closure(code, env), "", report = report, skipWith = TRUE)
  }
  lints
}, name = "usage")

linters <- list(
  T_and_F_symbol_linter = T_and_F_symbol_linter(),
  class_equals_linter = class_equals_linter(),
  duplicate_argument_linter = duplicate_argument_linter(),
  equals_na_linter = equals_na_linter(),
  missing_argument_linter = missing_argument_linter(),
  seq_linter = seq_linter(),
  undesirable_function_linter = undesirable_function_linter(c(eval = "text is run as code", system = "runs a command")),
  unreachable_code_linter = unreachable_code_linter(),
  usage = usage,
  vector_logic_linter = vector_logic_linter()
)

records <- list()
for (file in commandArgs(trailingOnly = TRUE)) {
  if (!any(grepl("[^ \t\f]", readLines(file, warn = FALSE), useBytes = TRUE))) {
    next # lintr trips over tabs where there is no code
  }
  for (found in lint(file, linters, parse_settings = FALSE, cache = FALSE, exclusions = list())) {
    range <- if (length(found$ranges) > 0) found$ranges[[1]] else c(found$column_number, NA)
    records[[length(records) + 1]] <- list(
      file = file, code = found$linter, message = found$message, line = found$line_number, column = range[[1]], end_column = range[[2]]
    )
  }
}
cat(jsonlite::toJSON(records, auto_unbox = TRUE, null = "list", na = "null"), "\n")
