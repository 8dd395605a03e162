"""JSON, YAML, XML and plain text."""

from __future__ import annotations

import codecs

from tests.hostile_files.case import Case

DEEP = 100_000
LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]><a>&d;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
NAMED = b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/x.dtd"> %b;]><a/>'
INCLUDED = b'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="/etc/passwd" parse="text"/></a>'
LAUGHING_YAML = b"a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n"


def nested(opening: bytes, closing: bytes, depth: int = DEEP, inside: bytes = b"") -> bytes:
    """Brackets in brackets."""
    return opening * depth + inside + closing * depth


JSON = [
    Case("json of deep lists", "a.json", nested(b"[", b"]"), "nested deeper than 200"),
    Case("json of deep objects", "a.json", nested(b'{"a":', b"}", inside=b"1"), "nested deeper than 200"),
    Case("json that never closes", "a.json", b"[" * DEEP, "nested deeper than 200"),
    Case("json of mixed depth", "a.json", nested(b'[{"a":', b"}]", 150, b"1"), "nested deeper than 200"),
    Case("json lines of depth", "a.jsonl", b"{}\n" + nested(b"[", b"]") + b"\n", "nested deeper than 200"),
    Case(
        "json depth behind a quoted bracket",
        "a.json",
        b'["]]]]", ' + nested(b"[", b"]") + b"]",
        "deeper than 200",
    ),
    Case(
        "json depth behind an escaped quote",
        "a.json",
        b'["\\"", ' + nested(b"[", b"]") + b"]",
        "deeper than 200",
    ),
    Case("a notebook of depth", "a.ipynb", nested(b"[", b"]"), "nested deeper than 200"),
    Case("json of a huge number", "a.json", b"[" + b"9" * 100_000 + b"]", "more than 400 digits"),
    Case("json of a huge fraction", "a.json", b"[0." + b"3" * 100_000 + b"]", "more than 400 digits"),
    Case("json of a huge exponent", "a.json", b"[1e999999999]", "huge exponent"),
    Case("json of a huge exponent with zeros", "a.json", b"[1E+0009999]", "huge exponent"),
    Case("json with NaN", "a.json", b'{"a": NaN}', "NaN or Infinity"),
    Case("json with Infinity", "a.json", b'{"a": -Infinity}', "NaN or Infinity"),
    Case("json in UTF-16", "a.json", '{"a": 1}'.encode("utf-16"), "UTF-16"),
    Case("json in UTF-16 without a mark", "a.json", '{"a": 1}'.encode("utf-16-le"), "looks like UTF-16"),
    Case("json in UTF-32", "a.json", '{"a": 1}'.encode("utf-32"), "UTF-32"),
    Case("json that is no UTF-8", "a.json", b'{"a": "\xff\xfe\xfa"}', "not UTF-8"),
    Case("json in overlong UTF-8", "a.json", b'{"a": "\xc0\xaf"}', "not UTF-8"),
    Case("json with a coded surrogate", "a.json", b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
    Case("json with a zero byte", "a.json", b'{"a": "\x00"}' + b" " * 60, "zero byte"),
    Case("json with control signs", "a.json", b'{"a": "\x01\x02"}', "control characters"),
]
YAML = [
    Case("yaml that laughs", "a.yaml", LAUGHING_YAML, "an anchor (&) in line 1"),
    Case("yaml with an alias only", "a.yaml", b"a: *b\n", "alias"),
    Case("yaml with an anchor only", "a.yml", b"a: &b 1\n", "an anchor (&)"),
    Case("yaml that holds itself", "a.yaml", b"&a [*a]\n", "an anchor (&)"),
    Case("yaml with a merge", "a.yaml", b"a:\n  <<: {b: 1}\n", "a merge (<<)"),
    Case("yaml that calls Python", "a.yaml", b"!!python/object/apply:os.system [true]\n", "a tag (!)"),
    Case("yaml with a Python name", "a.yaml", b"a: !!python/name:os.system\n", "a tag (!)"),
    Case("yaml with a Python module", "a.yaml", b"a: !!python/module:os\n", "a tag (!)"),
    Case(
        "yaml with a long Python tag",
        "a.yaml",
        b"a: !<tag:yaml.org,2002:python/object:os.x> {}\n",
        "a tag (!)",
    ),
    Case("yaml with Ruby", "a.yaml", b"--- !ruby/object:Gem::Installer\ni: x\n", "a tag (!)"),
    Case("yaml with Java", "a.yaml", b"!!javax.script.ScriptEngineManager [x]\n", ""),
    Case("yaml with a tag of its own", "a.yaml", b"a: !include /etc/passwd\n", "a tag (!)"),
    Case("yaml with a %TAG line", "a.yaml", b"%TAG ! tag:x.example,2026:\n---\na: 1\n", "%TAG"),
    Case("yaml of deep flows", "a.yaml", nested(b"[", b"]", 5_000), ""),
    Case("yaml of seventy levels", "a.yaml", nested(b"[", b"]", 70), "nested deeper than 60"),
    Case(
        "yaml of deep blocks",
        "a.yaml",
        b"\n".join(b" " * n + b"a:" for n in range(90)),
        "nested deeper than 60",
    ),
    Case("yaml of dashes", "a.yaml", b"- " * 90 + b"a\n", "nested deeper than 60"),
    Case("yaml that is too long", "a.yaml", lambda: b"a: " + b"x" * 1_000_001, "characters"),
    Case("yaml of too many parts", "a.yaml", lambda: b"[" + b"1," * 210_000 + b"]", "too many parts"),
    Case("yaml of too many documents", "a.yaml", b"--- 1\n" * 1_100, "too many parts"),
    Case("yaml of a huge number", "a.yaml", b"a: " + b"9" * 5_000, "a number of huge size"),
    Case("yaml of a huge hexadecimal", "a.yaml", b"a: 0x" + b"f" * 5_000, "a number of huge size"),
    Case("yaml of sixties", "a.yaml", b"a: 1" + b":59" * 9, "a number of huge size"),
    Case("yaml that is none", "a.yaml", b"a: [1\nb: }\n", "not YAML"),
    Case("yaml with a tab", "a.yaml", b"a:\n\t- b\n", "not YAML"),
    Case("yaml with a zero byte", "a.yaml", b"a: \x00\n" + b" " * 60, "zero byte"),
    Case("yaml in UTF-16", "a.yaml", "a: 1".encode("utf-16"), "UTF-16"),
]
XML = [
    Case("xml that laughs", "a.xml", LAUGHS, "document type"),
    Case("xml that reads a file", "a.xml", OUTSIDE, "document type"),
    Case("xml that asks the network", "a.xml", NAMED, "document type"),
    Case("xml with a document type", "a.xml", b"<!DOCTYPE a><a/>", "document type"),
    Case(
        "xml with a public document type",
        "a.xml",
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/y.dtd"><svg/>',
        "document type",
    ),
    Case("svg that laughs", "a.svg", LAUGHS, "document type"),
    Case("xml in UTF-16 that reads a file", "a.xml", OUTSIDE.decode().encode("utf-16"), "UTF-16"),
    Case("xml in UTF-7", "a.xml", b'<?xml version="1.0" encoding="UTF-7"?><a/>', "another encoding"),
    Case("xml in EBCDIC", "a.xml", b'<?xml version="1.0" encoding="cp037"?><a/>', "another encoding"),
    Case(
        "xml in an unknown encoding",
        "a.xml",
        b'<?xml version="1.0" encoding="x-none"?><a/>',
        "another encoding",
    ),
    Case("xml that includes", "a.xml", INCLUDED, "XInclude"),
    Case("xml with a style sheet", "a.xml", b'<?xml-stylesheet href="http://x/a.xsl"?><a/>', "load or run"),
    Case("xml with PHP", "a.xml", b"<?php system('true'); ?><a/>", "load or run"),
    Case("xml of depth", "a.xml", nested(b"<a>", b"</a>"), "nested deeper than 200"),
    Case("xml of depth that never closes", "a.xml", b"<a>" * DEEP, "nested deeper than 200"),
    Case(
        "xml of too many attributes",
        "a.xml",
        b"<a " + b" ".join(b'a%d=""' % n for n in range(1_100)) + b"/>",
        "too many or too long",
    ),
    Case("xml of a huge name", "a.xml", b"<" + b"a" * 5_000 + b"/>", "too many or too long"),
    Case(
        "xml of too many elements",
        "a.xml",
        lambda: b"<a>" + b"<b/>" * 1_000_001 + b"</a>",
        "too many or too long",
    ),
    Case("xml that is none", "a.xml", b"<a><b></a>", "not well formed in line 1"),
    Case("xml with an unknown entity", "a.xml", b"<a>&nothing;</a>", "not well formed"),
    Case("xml with two roots", "a.xml", b"<a/><b/>", "not well formed"),
    Case("xml with one attribute twice", "a.xml", b'<a b="" b=""/>', "not well formed"),
    Case("xml that is empty", "a.xml", b"", "not well formed"),
    Case("xml with a zero byte", "a.xml", b"<a>\x00</a>" + b" " * 60, "zero byte"),
]
PLAIN = [
    Case("a table in UTF-16", "a.csv", "id,city\n1,Rome\n".encode("utf-16"), "UTF-16"),
    Case(
        "a table in UTF-16 without a mark",
        "a.csv",
        "id,city\n1,Rome\n".encode("utf-16-be"),
        "looks like UTF-16",
    ),
    Case("a table in UTF-32", "a.csv", "id\n1\n".encode("utf-32"), "UTF-32"),
    Case("a table in UTF-7", "a.csv", b"+/v8-id\n1\n", "UTF-7"),
    Case("a table in UTF-EBCDIC", "a.csv", b"\xdd\x73\x66\x73id\n", "UTF-EBCDIC"),
    Case("a table in GB 18030", "a.csv", b"\x84\x31\x95\x33id\n", "GB 18030"),
    Case("a table with a zero byte", "a.csv", b"id,city\n1,Ro\x00me\n" * 9, "zero byte"),
    Case("SQL with a zero byte", "a.sql", b"select 1;\x00 drop table a;" * 4, "zero byte"),
    Case("an Avro file", "a.avro", b"Obj\x01" + bytes(40), "an Avro file"),
    Case("an ORC file", "a.orc", b"ORC" + bytes(40), "an ORC file"),
    Case("an Arrow file as a table", "a.csv", b"ARROW1\x00\x00" + bytes(40), "an Arrow or Feather file"),
]
HOSTILE = [*JSON, *YAML, *XML, *PLAIN]
HARMLESS = [
    Case("json", "a.json", b'{"a": [1, 2.5e10, "x", null, true]}'),
    Case("json of two hundred levels", "a.json", nested(b"[", b"]", 200)),
    Case("json of brackets in a text", "a.json", b'["' + b"[" * 5_000 + b'"]'),
    Case("json of escaped quotes", "a.json", b'["\\\\", "\\"[[[", "\\\\\\"["]'),
    Case("json of digits in a text", "a.json", b'["' + b"9" * 5_000 + b'"]'),
    Case("json that says NaN", "a.json", b'["NaN", "-Infinity"]'),
    Case("json of a wide list", "a.json", b"[" + b"[]," * 9_999 + b"[]]"),
    Case("json with a mark", "a.json", codecs.BOM_UTF8 + b"{}"),
    Case("json with an escaped surrogate", "a.json", b'["\\ud800"]'),
    Case("json lines", "a.jsonl", b'{"a": 1}\n{"a": 2}\n'),
    Case("yaml", "a.yaml", b"a: 1\nb: [x, y]\n"),
    Case("yaml with signs in quotes", "a.yaml", b"a: '*b'\nc: \"&d\"\ne: '!f'\n'<<': 1\n"),
    Case("yaml with stars in a text", "a.yaml", b"a: |\n  *b &c !d\n"),
    Case("yaml of documents", "a.yaml", b"--- 1\n--- 2\n"),
    Case("yaml with a core tag", "a.yaml", b"a: !!str 12\n"),
    Case("yaml of fifty levels", "a.yaml", nested(b"[", b"]", 50)),
    Case("yaml with a time", "a.yaml", b"a: 12:30:45\n"),
    Case("yaml with a long text", "a.yaml", b"a: " + b"word " * 2_000),
    Case("yaml with a digest", "a.yaml", b"a: sha256:" + b"9" * 64),
    Case("xml", "a.xml", b'<?xml version="1.0" encoding="UTF-8"?><a b="c">text</a>'),
    Case("xml of its own entities", "a.xml", b"<a>&lt;!DOCTYPE&gt; &amp; &#233;</a>"),
    Case("xml with a document type in a comment", "a.xml", b"<a><!-- <!DOCTYPE a> --></a>"),
    Case("xml with a document type in a text", "a.xml", b"<a><![CDATA[<!DOCTYPE a [<!ENTITY b 'c'>]>]]></a>"),
    Case("xml of two hundred levels", "a.xml", nested(b"<a>", b"</a>", 200)),
    Case("svg", "a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'),
    Case("a table", "a.csv", b"id,city\n1,Rome\n"),
    Case("a table with a mark", "a.csv", codecs.BOM_UTF8 + b"id\n1\n"),
    Case("a table in Latin-1", "a.csv", "id\ncaf\u00e9\n".encode("latin-1")),
    Case("a table that speaks of formulas", "a.csv", b"id\n=1+cmd|' /C calc'!A0\n"),
    Case("SQL", "a.sql", b"select 1; -- */ '\n"),
    Case("a file of no ending", "README", b"hello"),
    Case("an SQLite file", "a.db", b"SQLite format 3\x00" + bytes(84)),
    Case("a program as data", "a.bin", b"\x7fELF" + bytes(60)),
]
