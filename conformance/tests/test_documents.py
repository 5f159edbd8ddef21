"""Every Python block in the documents runs, and prints what the document says it prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "docs/recipes.md", "docs/facades.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAID = re.compile(r"^\s*print\(.*\)  # (.*)$|^# (.*)$")


def said_by(text):
    """Return what the comments behind or below the prints say."""
    found = (SAID.match(line) for line in text.splitlines())
    return [match.group(1) or match.group(2) for match in found if match]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_blocks_run_and_print_what_they_say(document, tmp_path):
    blocks = BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    script = tmp_path / "blocks.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stderr
    expected = [line for block in blocks for line in said_by(block)]
    assert expected
    assert ran.stdout.splitlines() == expected


def test_a_wrong_comment_would_be_seen():
    assert said_by("print(1)  # 2\n    print(3)  # 4\n# 5\nx = 1  # no print") == ["2", "4", "5"]
