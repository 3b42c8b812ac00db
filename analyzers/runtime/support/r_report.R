# Runs a program (Rscript r_report.R FILE): reports the error that ends it, with exact places.
local({
  file <- commandArgs(trailingOnly = TRUE)[[1]]
  options(keep.source = TRUE, warn = 1)

  quoted <- function(text) {
    text <- substr(enc2utf8(paste(text, collapse = "\n")), 1, 250)
    for (pair in list(c("\\", "\\\\"), c("\"", "\\\""), c("\n", "\\n"), c("\t", "\\t"), c("\r", "\\r"))) {
      text <- gsub(pair[[1]], pair[[2]], text, fixed = TRUE)
    }
    paste0("\"", gsub("[[:cntrl:]]", " ", text), "\"")
  }

  report <- function(code, message, kind, at = list(), spread = FALSE) {
    places <- vapply(at, function(place) paste0("[", paste(place, collapse = ","), "]"), "")
    cat("\x1e{\"code\":", quoted(code), ",\"message\":", quoted(message), ",\"kind\":", quoted(kind),
        ",\"at\":[", paste(places, collapse = ","), "],\"spread\":", if (spread) "true" else "false", "}\n",
        sep = "", file = stderr())
    quit(save = "no", status = 1)
  }

  # First and last line, with columns in code points: those in bytes count strings that are not ASCII twice.
  place <- function(reference) as.integer(reference)[c(1, 5, 3, 6)]

  source_of <- function(call) {
    reference <- attr(call, "srcref")
    if (is.null(reference)) NULL else place(reference)
  }

  program <- tryCatch(parse(file, keep.source = TRUE, encoding = "UTF-8"), error = function(problem) {
    text <- conditionMessage(problem)
    found <- regmatches(text, regexec("^[^\n]*?:([0-9]+):([0-9]+): ([^\n]*)", text, perl = TRUE))[[1]]
    if (length(found) == 4) {
      line <- as.integer(found[[2]])
      column <- max(as.integer(found[[3]]), 1L)
      token <- regmatches(found[[4]], regexec("^unexpected '(.+)'$", found[[4]]))[[1]]
      end <- if (length(token) == 2) c(line, column + nchar(token[[2]]) - 1L)
      report("SyntaxError", found[[4]], "syntax", list(c(line, column, end)))
    }
    report("SyntaxError", text, "syntax")
  })

  described <- function(problem) {
    own <- setdiff(class(problem), c("simpleError", "error", "condition"))
    list(code = if (length(own)) own[[1]] else "error", message = conditionMessage(problem))
  }

  fail <- function(problem, calls) {
    at <- Filter(Negate(is.null), lapply(rev(calls), source_of))
    at <- c(at, list(place(attr(program, "srcref")[[current]])))
    said <- described(problem)
    report(said$code, said$message, "runtime", head(at, 10))
  }

  current <- 0L
  run <- function() {
    for (index in seq_along(program)) {
      current <<- index
      shown <- withCallingHandlers(
        withVisible(eval(program[[index]], globalenv())),
        error = function(problem) if (sys.nframe() < 1000) fail(problem, sys.calls())
      )
      if (shown$visible) print(shown$value)
    }
  }
  # At the bottom of an endless recursion nothing can be looked at: its end is told from out here.
  tryCatch(run(), error = function(problem) {
    said <- described(problem)
    report(said$code, said$message, "runtime", spread = TRUE)
  })
})
