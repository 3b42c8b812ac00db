"""JavaScript."""

from trainer.tasks.augment.languages import MARK, Writing

PRINTED = """
JSON.stringify({value}, (key, value) => {{
    const plain = [null, Array.prototype, Object.prototype];
    if (typeof value === "number" ? !Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER
        : typeof value === "object" ? value !== null && !plain.includes(Object.getPrototypeOf(value))
        : !["string", "boolean"].includes(typeof value)) throw new Error("no plain value");
    return value;
}})
""".replace("\n", " ")

WRITING = Writing(
    answer='try { console.log("\\n'
    + MARK
    + ' {at} " + '
    + PRINTED.replace("{{", "{").replace("}}", "}")
    + "); } catch (e) {}",
    same='require("node:util").isDeepStrictEqual({call}, {answer})',
    assertion='{\nconst assert = require("node:assert");\nassert.ok({same});\n}',
)
