"""How does a warehouse without folds hash a key? The body of a JavaScript function of `key` that returns its point."""

from __future__ import annotations

from cleanroom.core.flags.bucketing import HashVersion
from cleanroom.core.flags.murmur import C1, C2, F1, F2, STEP

_BYTES = """\
var bytes = [];
for (var i = 0; i < key.length; i++) {
  var c = key.codePointAt(i);
  if (c > 0xffff) i++;
  if (c < 0x80) bytes.push(c);
  else if (c < 0x800) bytes.push(0xc0 | c >> 6, 0x80 | c & 63);
  else if (c < 0x10000) bytes.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
  else bytes.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
}
"""
"""The text in UTF-8: neither warehouse has an encoder."""

_CBOR = """\
var n = bytes.length;
bytes = (n < 24 ? [0x60 | n] : n < 256 ? [0x78, n] : [0x79, n >> 8, n & 255]).concat(bytes);
"""

_HASH = f"""\
var h = 0, at = 0, k = 0;
function mixed(k) {{
  k = Math.imul(k, {C1:#x});
  return Math.imul(k << 15 | k >>> 17, {C2:#x});
}}
for (; at + 4 <= bytes.length; at += 4) {{
  h ^= mixed(bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24);
  h = Math.imul(h << 13 | h >>> 19, 5) + {STEP:#x} | 0;
}}
for (var j = bytes.length - 1; j >= at; j--) k = k << 8 | bytes[j];
h ^= mixed(k) ^ bytes.length;
h = Math.imul(h ^ h >>> 16, {F1:#x});
h = Math.imul(h ^ h >>> 13, {F2:#x});
h ^= h >>> 16;
"""

_RESULT = {"flagd-1": "return Math.abs(h);\n", "flagd-2": "return h >>> 0;\n", "flagd-3": "return h >>> 0;\n"}


def body(version: HashVersion) -> str:
    """The statements of the function; keys of up to 65,535 bytes in flagd-3, of any length else."""
    return (
        "if (key === null) return null;\n" + _BYTES + (_CBOR if version == "flagd-3" else "") + _HASH + _RESULT[version]
    )
