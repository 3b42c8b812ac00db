// Says on standard error, as analyzers/runtime/messages/reports.py reads it, what ended a program and where.
"use strict";
const fs = require("fs");
const path = require("path");
const { stringify } = JSON;
const program = path.resolve(process.argv[1] || "");

// Where a place stands in what the program was compiled from, if it was.
function original(place) {
  try {
    const map = new (require("module").SourceMap)(JSON.parse(fs.readFileSync(program + ".map", "utf8")));
    const { originalLine, originalColumn } = map.findEntry(place[0] - 1, place[1] - 1);
    return [originalLine + 1, originalColumn + 1];
  } catch {
    return place;
  }
}

function places(error) {
  const before = Error.prepareStackTrace;
  let sites;
  try {
    Error.prepareStackTrace = (_, found) => found;
    sites = error.stack;
  } catch {
    return [];
  } finally {
    Error.prepareStackTrace = before;
  }
  if (Array.isArray(sites)) {
    const own = (site) => String(site.getFileName()).replace(/^file:\/\//, "") === program;
    return sites.filter(own).map((site) => [site.getLineNumber(), site.getColumnNumber()]);
  }
  // The stack was asked for before, so that it is text by now.
  const found = [];
  for (const line of String(sites).split("\n")) {
    const match = /^ {4}at .*?([^\s(]+):(\d+):(\d+)\)?$/.exec(line);
    if (match && match[1].replace(/^file:\/\//, "") === program) found.push([Number(match[2]), Number(match[3])]);
  }
  return found;
}

process.on("uncaughtExceptionMonitor", (error) => {
  const thrown = error instanceof Error;
  const at = thrown ? places(error).map(original) : [];
  if (error instanceof SyntaxError && at.length === 0) return; // the program's own: node prints the line
  const record = {
    code: thrown ? error.name : "Uncaught",
    message: String(thrown ? error.message : error).slice(0, 250),
    at,
    failed: thrown && error.code === "ERR_ASSERTION",
    spread: error instanceof RangeError && /call stack/.test(error.message),
  };
  fs.writeSync(2, "\n\x1e" + stringify(record) + "\n");
});
