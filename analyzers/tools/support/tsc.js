// Loaded into `tsc` before its own code, which never runs: the compiler's interface gives exact spans, and each program
// is kept to itself. Prints a list of JSON records with file, code, message, start and length (in UTF-16 units).
"use strict";
const fs = require("fs");
const path = require("path");

const ts = require(path.join(path.dirname(fs.realpathSync(process.argv[1])), "../lib/typescript.js"));

const [folders, ...files] = process.argv.slice(2);
const names = files.map((file) => path.resolve(file));
const libraries = folders.split(":").filter((folder) => fs.existsSync(folder));
const declarations = libraries.map((folder) => path.join(folder, "@types"));

const options = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  // Every program is a module: its names do not collide with those of the browser, of Node or of other programs.
  moduleDetection: ts.ModuleDetectionKind.Force,
  esModuleInterop: true,
  skipLibCheck: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  noFallthroughCasesInSwitch: true,
  noImplicitReturns: true,
  allowUnreachableCode: false,
  typeRoots: declarations,
  types: declarations.some((folder) => fs.existsSync(path.join(folder, "node"))) ? ["node"] : [],
};

const texts = new Map(names.map((name) => [name, fs.readFileSync(name, "utf8")]));
const host = ts.createCompilerHost(options);
const read = host.getSourceFile;
const kept = new Map(); // the declarations of libraries, parsed once

host.getSourceFile = (name, ...rest) => {
  // Not the host's own reading, which drops a byte order mark and moves all that follows. Types in comments are left
  // alone: they are no part of the program, and whoever writes one could cast errors away.
  const settings = { ...rest[0], jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  if (texts.has(name)) return ts.createSourceFile(name, texts.get(name), settings);
  if (!kept.has(name)) kept.set(name, read(name, ...rest));
  return kept.get(name);
};

// Packages are found in the folders of libraries alone; a path leads nowhere, above all not to another program.
const base = path.join(path.dirname(libraries[0] || "/"), "program.ts");
host.resolveModuleNameLiterals = (literals, from, redirected, settings) =>
  literals.map(({ text }) =>
    texts.has(from) && /^[./]/.test(text)
      ? { resolvedModule: undefined }
      : ts.resolveModuleName(text, texts.has(from) ? base : from, settings, host),
  );

// What imports a package or adds to what is global must not do so for the programs beside it.
function reachesOut(name) {
  const text = texts.get(name);
  const adds = (node) =>
    ts.isModuleDeclaration(node) && (ts.isStringLiteral(node.name) || node.flags & ts.NodeFlags.GlobalAugmentation);
  return (
    ts.preProcessFile(text, true, true).importedFiles.length > 0 ||
    (/module|global|\\/.test(text) && ts.createSourceFile(name, text, options.target).statements.some(adds))
  );
}

// A name that is only said to be there: nothing is, unless Node itself provides it.
const VALUES = [ts.SyntaxKind.VariableDeclaration, ts.SyntaxKind.FunctionDeclaration, ts.SyntaxKind.ClassDeclaration];
function* claims(statements, checker) {
  for (const node of statements) {
    if (ts.isModuleDeclaration(node) && node.body?.statements) yield* claims(node.body.statements, checker);
    const ambient = ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Ambient || node.flags & ts.NodeFlags.Ambient;
    const declared = ts.isVariableStatement(node) ? node.declarationList.declarations : [node];
    for (const { kind, name } of ambient ? declared : []) {
      if (!VALUES.includes(kind) || !name || !ts.isIdentifier(name)) continue;
      const known = checker.resolveName(name.text, undefined, ts.SymbolFlags.Value, false);
      if (!known?.declarations?.some((found) => !texts.has(found.getSourceFile().fileName))) yield name;
    }
  }
}

function check(group) {
  const program = ts.createProgram(group, options, host);
  return group.flatMap((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const errors = found.map((one) => {
      // Which names a program might have meant is said ten times in all, whichever program comes first.
      const { code, messageText } = one.canonicalHead || one;
      const message = ts.flattenDiagnosticMessageText(messageText, " ");
      return { file, code: `TS${code}`, message, start: one.start, length: one.length };
    });
    const claimed = [...claims(source.statements, program.getTypeChecker())].map((name) => {
      const message = `Nothing provides '${name.text}', which is only declared.`;
      return { file, code: "ambient-value", message, start: name.getStart(source), length: name.text.length };
    });
    return [...errors, ...claimed];
  });
}

const alone = new Set(names.filter(reachesOut));
const groups = [names.filter((name) => !alone.has(name)), ...[...alone].map((name) => [name])];
const found = JSON.stringify(groups.filter((group) => group.length).flatMap(check));
for (let at = 0, bytes = Buffer.from(found); at < bytes.length; ) at += fs.writeSync(1, bytes, at);
process.exit(0);
