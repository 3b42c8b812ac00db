"""Lua, whose tables are lists or mappings, and whose library knows no JSON."""

from trainer.tasks.augment.languages import MARK, Writing

SETUP = r"""
function spanwise_json(value)
    local kind = type(value)
    if kind == "table" then
        local parts, count = {}, 0
        for _ in pairs(value) do count = count + 1 end
        if count == #value then
            for index = 1, count do parts[index] = spanwise_json(value[index]) end
            return "[" .. table.concat(parts, ",") .. "]"
        end
        for key, each in pairs(value) do
            assert(type(key) == "string")
            parts[#parts + 1] = spanwise_json(key) .. ":" .. spanwise_json(each)
        end
        table.sort(parts)
        return "{" .. table.concat(parts, ",") .. "}"
    elseif kind == "number" then
        assert(value == value and math.abs(value) ~= math.huge)
        return math.type(value) == "integer" and tostring(value) or string.format("%.17g", value)
    elseif kind == "string" then
        return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
    end
    assert(kind == "boolean" or kind == "nil")
    return kind == "nil" and "null" or tostring(value)
end
function spanwise_same(one, two)
    return math.type(one) == math.type(two) and spanwise_json(one) == spanwise_json(two)
end
"""

WRITING = Writing(
    setup=SETUP,
    answer="do local ok, text = pcall(function() return spanwise_json({value}) end); "
    'if ok then print("\\n' + MARK + ' {at} " .. text) end end',
    same="spanwise_same({call}, {answer})",
    assertion='lu = require("luaunit")\nlu.assertTrue({same})',
    constants={True: "true", False: "false"},  # nothing in a list ends it
    listed=("{", "}"),
    mapped=("{", " = ", "}"),
    keyed="[{}]",
)
