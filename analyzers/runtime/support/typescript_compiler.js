// A TypeScript compiler that stays warm: one program after another, none of which is run here. The protocol is that of
// analyzers/runtime/compilers.py; arguments are the folders in which packages are looked for. What it says of a program
// is a list of JSON records with code, message, start and length (in UTF-16 units).
"use strict";
const fs = require("fs");
const path = require("path");

const libraries = process.argv.slice(2).filter((folder) => fs.existsSync(folder));
const ts = require(require.resolve("typescript", { paths: libraries.map((folder) => path.dirname(folder)) }));

const options = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  // Every program is a module: its names do not collide with those of the browser or of Node.
  moduleDetection: ts.ModuleDetectionKind.Force,
  esModuleInterop: true,
  skipLibCheck: true,
  sourceMap: true,
  typeRoots: libraries.map((folder) => path.join(folder, "@types")),
  types: libraries.some((folder) => fs.existsSync(path.join(folder, "@types/node"))) ? ["node"] : [],
};

const host = ts.createCompilerHost(options);
const readSource = host.getSourceFile.bind(host);
const kept = new Map(); // the declarations of libraries, parsed once
const program = { path: "", text: "" };
let previous;

host.getSourceFile = (name, ...rest) => {
  if (name === program.path) return ts.createSourceFile(name, program.text, ...rest);
  if (!libraries.some((folder) => name.startsWith(folder + "/"))) return undefined;
  if (!kept.has(name)) kept.set(name, readSource(name, ...rest));
  return kept.get(name);
};
host.fileExists = ((exists) => (name) => name === program.path || exists(name))(host.fileExists);

function compile(name, text) {
  program.path = path.join(path.dirname(libraries[0] || "/"), name); // where packages are found from
  program.text = text;
  const built = ts.createProgram([program.path], options, host, previous);
  previous = built;
  const source = built.getSourceFile(program.path);
  const errors = ts
    .getPreEmitDiagnostics(built, source)
    .filter((found) => found.category === ts.DiagnosticCategory.Error && (!found.file || found.file === source));
  const files = [];
  if (errors.length === 0) built.emit(source, (file, content) => files.push(path.basename(file), content));
  const said = errors.map((found) => ({
    code: found.code,
    message: ts.flattenDiagnosticMessageText(found.messageText, " "),
    start: found.file ? found.start : null,
    length: found.length || 0,
  }));
  return [errors.length ? "1" : "0", JSON.stringify(said), ...files];
}

function read(count) {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(0, bytes, at, count - at, null);
    if (got === 0) process.exit(0);
    at += got;
  }
  return bytes;
}

function answer(parts) {
  const number = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const bodies = parts.map((part) => Buffer.from(part));
  const frame = Buffer.concat([number(parts.length), ...bodies.flatMap((body) => [number(body.length), body])]);
  for (let at = 0; at < frame.length; ) at += fs.writeSync(1, frame, at);
}

compile("main.ts", "export const ready: boolean = [1].length > 0;\n"); // reads the libraries
answer([]);
for (;;) {
  const count = read(4).readUInt32BE();
  const parts = Array.from({ length: count }, () => read(read(4).readUInt32BE()).toString());
  answer(compile(parts[0], parts[1]));
}
