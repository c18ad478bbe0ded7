"""docs/security-tests.md names advisories, and tests that there are."""
import re
from functools import cache

from support.server import ROOT

INTEROP = ROOT / "Tests/Interop"
ADVISORY = r"CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}"


def rows() -> list[list[str]]:
    """Advisory, what it was, and who replays it."""
    page = (ROOT / "docs/security-tests.md").read_text().partition("\n## Fuzzing")[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in page.splitlines() if line.startswith("| ")]
    return [row for row in cells if row[0] not in ("advisory", "---")]


@cache
def swift(module: str) -> str:
    return "".join(file.read_text() for file in sorted((ROOT / "Tests" / module).rglob("*.swift")))


@cache
def python(file: str) -> str:
    return (INTEROP / file).read_text() if (INTEROP / file).is_file() else ""


def exists(name: str) -> bool:
    if match := re.fullmatch(r"(test_\w+\.py)::(test_\w+)", name):
        return re.search(rf"^def {match[2]}\(", python(match[1]), re.M) is not None
    module, _, sentence = name.partition(": ")
    return f'@Test("{sentence}"' in swift(module) or f"func `{sentence}`(" in swift(module)


def test_each_row_has_an_advisory_and_a_test():
    found = rows()
    assert len(found) >= 40
    for row in found:
        assert len(row) == 3 and re.search(ADVISORY, row[0]), row
        assert re.findall("`([^`]+)`", row[2]), row


def test_each_advisory_is_written_as_such_and_stands_once():
    ids = [word for row in rows() for word in re.findall(r"\b(?:CVE|GHSA)-[\w-]+", row[0])]
    assert [word for word in ids if not re.fullmatch(ADVISORY, word)] == []
    assert sorted({word for word in ids if ids.count(word) > 1}) == []


def test_each_test_that_is_named_exists():
    missing = [name for row in rows() for name in re.findall("`([^`]+)`", row[2]) if not exists(name)]
    assert missing == []


def test_each_target_of_the_fuzzer_is_described():
    page = (ROOT / "docs/security-tests.md").read_text().partition("\n## Fuzzing")[2]
    names = set(re.findall(r'static let name = "(\w+)"', "".join(file.read_text() for file in (ROOT / "Tests/Fuzz/Targets").glob("*.swift"))))
    assert names == set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == {folder.name for folder in (ROOT / "Tests/Fuzz/Corpus").iterdir()}
