// What ESLint looks for, and how it reads each file: as a module where it imports or exports, as Node would, else as a
// CommonJS script, in which `return` may stand outside of functions and assigning to an unknown name makes a variable.
import fs from "node:fs";
import { createRequire } from "node:module";

const { builtinRules } = createRequire(fs.realpathSync(process.argv[1]))("eslint/use-at-your-own-risk");

const IMPORTS = /^\s*(?:import\b(?!\s*[(.])|export\b)/m;
const files = fs.readdirSync(".").filter((name) => name.endsWith(".js"));
const modules = files.filter((name) => IMPORTS.test(fs.readFileSync(name, "utf8")));

const NODE = [
  "AbortController AbortSignal Blob BroadcastChannel Buffer ByteLengthQueuingStrategy CompressionStream",
  "CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream Event EventTarget File FormData",
  "Headers MessageChannel MessageEvent MessagePort Performance PerformanceEntry PerformanceMark PerformanceMeasure",
  "PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming ReadableByteStreamController",
  "ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController",
  "ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder",
  "TextEncoderStream TransformStream TransformStreamDefaultController URL URLSearchParams WebAssembly WritableStream",
  "WritableStreamDefaultController WritableStreamDefaultWriter __dirname __filename atob btoa clearImmediate",
  "clearInterval clearTimeout console crypto exports fetch global module navigator performance process",
  "queueMicrotask require setImmediate setInterval setTimeout structuredClone",
].flatMap((line) => line.split(" "));

// ESLint's `no-undef`, split: outside of strict code an assignment creates the name, which is careless and yet works.
const names = (implicit) => ({
  meta: { schema: [] },
  create: (context) => ({
    "Program:exit"(program) {
      const { through } = context.sourceCode.getScope(program);
      const written = through.filter((found) => found.isWrite() && !found.from.isStrict);
      const created = new Set(written.map((found) => found.identifier.name));
      for (const { identifier: node } of through) {
        const asked = node.parent.type === "UnaryExpression" && node.parent.operator === "typeof";
        if (asked || created.has(node.name) !== implicit) continue;
        context.report({ node, message: `'${node.name}' is ${implicit ? "never declared" : "not defined"}.` });
      }
    },
  }),
});

// ESLint's `no-unused-vars` within functions: what stands at the top is for those who use the program.
const everywhere = builtinRules.get("no-unused-vars");
const unusedLocal = {
  meta: everywhere.meta,
  create(context) {
    const report = (found) => {
      const [top] = context.sourceCode.scopeManager.globalScope.childScopes;
      const known = top.set.get(found.node.name);
      const places = known ? [...known.identifiers, ...known.references.map((use) => use.identifier)] : [];
      if (!places.includes(found.node)) context.report(found);
    };
    return everywhere.create(Object.create(context, { report: { value: report } }));
  },
};

const ours = { "undefined-name": names(false), "implicit-global": names(true), "unused-local": unusedLocal };

const rules = Object.fromEntries(
  [
    "constructor-super for-direction getter-return no-async-promise-executor no-class-assign no-compare-neg-zero",
    "no-const-assign no-constant-binary-expression no-constructor-return no-delete-var no-dupe-args",
    "no-dupe-class-members no-dupe-else-if no-dupe-keys no-duplicate-case no-empty-character-class no-empty-pattern",
    "no-eval no-ex-assign no-fallthrough no-func-assign no-global-assign no-implied-eval no-import-assign",
    "no-invalid-regexp no-loss-of-precision no-misleading-character-class no-new-func no-new-native-nonconstructor",
    "no-obj-calls no-octal no-promise-executor-return no-redeclare no-self-assign no-self-compare no-setter-return",
    "no-shadow-restricted-names no-sparse-arrays no-template-curly-in-string no-this-before-super",
    "no-unassigned-vars no-unexpected-multiline no-unmodified-loop-condition no-unreachable no-unreachable-loop",
    "no-unsafe-finally no-unsafe-negation no-unused-private-class-members no-useless-assignment",
    "no-useless-backreference no-with require-yield use-isnan valid-typeof",
  ]
    .flatMap((line) => line.split(" "))
    .map((name) => [name, "error"]),
);

export default [
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "off" } },
  {
    files: ["**/*.js"],
    languageOptions: { sourceType: "commonjs", globals: Object.fromEntries(NODE.map((name) => [name, "readonly"])) },
    plugins: { spanwise: { rules: ours } },
    rules: {
      ...rules,
      "spanwise/undefined-name": "error",
      "spanwise/implicit-global": "error",
      "spanwise/unused-local": ["error", { args: "none", caughtErrors: "none" }],
      "array-callback-return": ["error", { checkForEach: false }],
      "no-cond-assign": ["error", "except-parens"],
      "no-constant-condition": ["error", { checkLoops: "none" }],
      "no-unsafe-optional-chaining": ["error", { disallowArithmeticOperators: true }],
      "no-unused-expressions": ["error", { allowShortCircuit: true, allowTernary: true }],
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
    },
  },
  { files: modules.length ? modules : ["none"], languageOptions: { sourceType: "module" } },
];
