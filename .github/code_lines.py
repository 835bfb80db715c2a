"""Lines of code in helpers/ by folder: without docstrings, comments and blank lines, the sample company aside."""

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(text: str) -> int:
    """How many lines of a module hold code."""
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in SILENT]
    lines = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    documented = [node for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED)]
    docs = [node.body[0] for node in documented if ast.get_docstring(node, clean=False) is not None]
    return len(lines - {line for doc in docs for line in range(doc.lineno, doc.end_lineno + 1)})


if __name__ == "__main__":
    helpers, counts = Path(__file__).resolve().parents[1] / "helpers", Counter()
    for path in helpers.rglob("*.py"):
        counts[path.relative_to(helpers).parts[0]] += code_lines(path.read_text(encoding="utf-8"))
    del counts["sample"]
    for name, n in [*sorted(counts.items()), ("in all", counts.total())]:
        print(f"{n:6} {name}")
