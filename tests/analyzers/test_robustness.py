"""What every command analyzer makes of output that its command should never write: a failure, never a clean report."""

import pytest

from analyzers import registry
from analyzers.errors import AnalyzerFailed, boundary
from analyzers.tool import Tool

TOOLS = [name for name in sorted(registry._built_in()) if isinstance(registry.get(name), Tool)]
GARBAGE = {
    "a crash": "Segmentation fault (core dumped)\n",
    "a traceback": 'Traceback (most recent call last):\n  File "/usr/bin/tool", line 8, in <module>\nMemoryError\n',
    "half JSON": '[{"code": "E1", "mess',
    "other JSON": '{"unheard": [1, 2]}\n',
    "a number": "17\n",
    "half XML": '<?xml version="1.0"?>\n<results>\n<error id="x',
    "a page": "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n",
    "bytes": "\x00\x01\ufffd\ufffd\x7fELF\x02\n",
    "words": "Warning: configuration is deprecated, see the manual.\nusage: tool [options]\n",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
@pytest.mark.parametrize("name", TOOLS)
def test_garbage_is_a_failure(name, garbage):
    with pytest.raises(AnalyzerFailed), boundary(name):
        list(registry.get(name).parse(garbage))
