import io
import re
import tokenize

RUFF_CODE = re.compile(r'^\s*"[A-Z]+[0-9]*",')
REASONED = re.compile(
    r"#\s*(noqa: [A-Z0-9, ]+|pragma: no cover) - \S"
    r"|#\s*(type|pyright): ignore\[[\w, -]+\]\s+(#|-)\s*\S"
)
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore|pragma:\s*no cover)")


def silenced_without_reason(source):
    comments = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT]
    return [t.start[0] for t in comments if SILENCED.search(t.string) and not REASONED.search(t.string)]


def test_every_rule_that_ruff_ignores_has_its_reason_beside_it(root):
    table = (root / "pyproject.toml").read_text().split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.pydocstyle]")[0]
    lines = [line for line in table.splitlines() if RUFF_CODE.match(line)]
    assert lines
    assert [line for line in lines if not re.search(r"#\s*\S", line)] == []


def test_every_silenced_line_has_its_reason_on_it(root, trees):
    found = {name: rows for name in trees if (rows := silenced_without_reason((root / name).read_text()))}
    assert found == {}


def test_the_check_tells_a_reason_from_none():
    reasoned = "a  # noqa: E501 - a long address\nb  # type: ignore[arg-type]  # typed by overloads\n"
    bare = "a  # noqa\nb  # noqa: E501\nc  # type: ignore[arg-type]\nd  # type: ignore\n"
    assert silenced_without_reason(reasoned) == []
    assert silenced_without_reason(bare) == [1, 2, 3, 4]


def test_every_skipped_test_says_why(root, trees):
    bare = re.compile(r"@pytest\.mark\.(skip|xfail)\s*$|pytest\.skip\(\)|mark\.skip\(\)", re.MULTILINE)
    assert [name for name in trees if "tests/" in name and bare.search((root / name).read_text())] == []
