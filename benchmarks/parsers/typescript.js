// The syntactic diagnostics of TypeScript's compiler: file:line: message.
const fs = require('fs');
const ts = require('/usr/local/lib/node_modules/typescript');
for (const file of process.argv.slice(2)) {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, false);
  const [first] = source.parseDiagnostics;
  if (first) {
    const { line } = source.getLineAndCharacterOfPosition(first.start);
    console.log(`${file}:${line + 1}: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`);
  }
}
