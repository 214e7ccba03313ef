"""No text of a person becomes a program's argument or a part of a statement: both are words of ours.

Source: OWASP ASVS 5.0 §1.2.4, §1.2.5. The test reads the code: a name is followed to what was put into it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
STARTS = {"run", "Popen", "call", "check_call", "check_output", "create_subprocess_exec"}
FORBIDDEN = {"create_subprocess_shell", "system", "popen", "getoutput", "getstatusoutput", "eval", "exec"}
SPAWNS = re.compile(r"(exec|spawn|posix_spawn)[lv]?[ep]*$")
STATEMENTS = {"execute", "executemany", "executescript", "raw", "RawSQL", "extra"}
CARRIERS = {"engine/index/reader.py:_rows", "engine/vault/ring.py:_row", "engine/vault/vault.py:_row"}
"""Methods of ours that hand their first argument to `execute`: who calls them is judged."""
PROGRAMS = {
    "journal/verifier.py:succeeds": "openssl; paths of the folder being verified, each after its option",
    "evidence/packs/verifier.py:run_openssl": "openssl; paths of the folder being verified, each after its option",
    "engine/decode/fallback.py:_one_child": "Python of ours; the camera on its input",
    "engine/masks/looking.py:answer_of": "Python of ours; the picture on its input",
    "engine/gateway_child.py:_spawn": "Python of ours; settings without secrets as one JSON argument",
    "cli/law.py:results": "pytest; names of tests from law/obligations.toml",
    "cli/supervise.py:start_when_due": "Python of ours; settings of the configuration, each after its option",
    "evidence/access/copies.py:_burn": "Python of ours; paths and rectangles on its input",
    "evidence/packs/working_copy.py:make": "Python of ours; paths and label on its input",
}
"""Every place that starts a program: which one, and what else is on its command line."""


LOOSE = {"engine/index/schema.py:open_writer": "the schema beside it, whole or what is new in it"}
"""Statements that the test cannot follow, and what they are made of."""


@cache
def tree(path: Path) -> ast.Module:
    made = ast.parse(path.read_text())
    for parent in ast.walk(made):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent  # type: ignore[attr-defined]  # where a node stands
    return made


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the last word of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node


def inside(node: ast.AST, *kinds: type[ast.AST]) -> ast.AST | None:
    """What surrounds a node, of one of these kinds."""
    while (node := getattr(node, "parent", None)) is not None:  # type: ignore[assignment]
        if isinstance(node, kinds):
            return node
    return None


def put_into(name: str, scope: ast.AST) -> list[ast.expr]:
    """The values that a scope puts into a name; what it loops over, for a loop."""
    found: list[ast.expr] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            targets, value = [node.target], node.value
        elif isinstance(node, ast.For | ast.comprehension):
            targets, value = [node.target], node.iter
        else:
            continue
        if any(isinstance(one, ast.Name) and one.id == name for target in targets for one in ast.walk(target)):
            found.append(value)
    return found


def is_fixed(node: ast.AST) -> bool:
    """Whether an expression can only be words of ours, or as many marks as there are values."""
    match node:
        case ast.Constant():
            return True
        case ast.JoinedStr():
            return all(is_fixed(part.value) for part in node.values if isinstance(part, ast.FormattedValue))
        case ast.BinOp(op=ast.Mult()):
            return is_fixed(node.left) or is_fixed(node.right)
        case ast.BinOp():
            return is_fixed(node.left) and is_fixed(node.right)
        case ast.BoolOp():
            return all(is_fixed(one) for one in node.values)
        case ast.IfExp():
            return is_fixed(node.body) and is_fixed(node.orelse)
        case ast.Tuple() | ast.List():
            return all(is_fixed(one) for one in node.elts)
        case ast.GeneratorExp() | ast.ListComp():
            return is_fixed(node.elt)
        case ast.Dict():
            return all(is_fixed(one) for one in node.values)
        case ast.Subscript():
            return is_fixed(node.value)
        case ast.Call(func=ast.Attribute(attr="join" | "strip" | "format", value=text)):
            return is_fixed(text) and all(is_fixed(one) for one in node.args)
        case ast.Call(func=ast.Attribute(attr="read_text")):
            return "files(" in ast.unparse(node) or "__file__" in ast.unparse(node)
        case ast.Call(func=ast.Attribute(attr="items" | "keys" | "values", value=of)):
            return is_fixed(of)
        case ast.DictComp():
            return all(is_fixed(one.iter) for one in node.generators)
        case ast.Attribute(attr=name):
            return _is_fixed_property(node, name)
        case ast.Name(id=name):
            return _is_fixed_name(node, name)
    return False


def _is_fixed_name(node: ast.AST, name: str) -> bool:
    function = inside(node, ast.FunctionDef, ast.AsyncFunctionDef)
    found = put_into(name, function) if function else []
    if not found:
        module = inside(node, ast.Module) or node
        found = [
            value for value in put_into(name, module) if inside(value, ast.FunctionDef, ast.AsyncFunctionDef) is None
        ]
    if not found:
        return _is_imported_constant(node, name)
    return all(is_fixed(value) for value in found)


def _is_imported_constant(node: ast.AST, name: str) -> bool:
    """A constant of another module of ours, in capitals."""
    module = inside(node, ast.Module) or node
    for one in ast.walk(module):
        if isinstance(one, ast.ImportFrom) and any(alias.name == name for alias in one.names):
            return bool(re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name)) and (one.module or "").startswith("beffroi.")
    return False


def _is_fixed_property(node: ast.AST, name: str) -> bool:
    owner = inside(node, ast.ClassDef)
    for one in ast.walk(owner) if owner else ():
        if isinstance(one, ast.FunctionDef) and one.name == name:
            return all(is_fixed(back.value) for back in ast.walk(one) if isinstance(back, ast.Return) and back.value)
    return False


def where(path: Path, node: ast.AST) -> str:
    function = inside(node, ast.FunctionDef, ast.AsyncFunctionDef)
    return f"{path.relative_to(ROOT / 'src' / 'beffroi').as_posix()}:{getattr(function, 'name', '')}"


def starts() -> list[tuple[str, ast.Call]]:
    """Every place that starts a program."""
    return [
        (where(path, call), call)
        for path in SOURCES
        for name, call in calls(path)
        if name in STARTS and ("subprocess" in ast.unparse(call.func) or name == "create_subprocess_exec")
    ]


def test_every_program_that_is_started_is_in_the_table_and_no_line_of_it_is_left_over() -> None:
    assert sorted({place for place, _ in starts()}) == sorted(PROGRAMS)


@pytest.mark.parametrize(("place", "call"), starts(), ids=[place for place, _ in starts()])
def test_a_program_is_started_by_a_list_of_arguments_and_no_shell(place: str, call: ast.Call) -> None:
    assert not [word for word in call.keywords if word.arg in {"shell", "executable", "preexec_fn"}]
    first = call.args[0]
    if isinstance(first, ast.Name):  # a list made in the function, or the list that its callers make
        function = inside(call, ast.FunctionDef, ast.AsyncFunctionDef)
        made = put_into(first.id, function) if function else []
        assert all(isinstance(one, ast.List) for one in made)
        listed = [part for one in made if isinstance(one, ast.List) for part in one.elts]
    else:
        listed = list(first.elts) if isinstance(first, ast.List) else list(call.args)
    for part in listed:
        assert not isinstance(part, ast.BinOp), ast.unparse(part)
        if isinstance(part, ast.JoinedStr):  # an option of ours and its value, in one word
            head = part.values[0]
            assert isinstance(head, ast.Constant) and str(head.value).startswith("--"), ast.unparse(part)


def test_nothing_is_run_by_a_shell_or_evaluated() -> None:
    found = []
    for path in SOURCES:
        for name, call in calls(path):
            owner = ast.unparse(call.func).rpartition(".")[0]
            if name in FORBIDDEN and owner in {"", "os", "subprocess", "asyncio", "commands"}:
                found.append(f"{where(path, call)} {name}")
            elif owner == "os" and SPAWNS.match(name) and name != "execute":
                found.append(f"{where(path, call)} os.{name}")
    assert not found


def test_no_object_is_made_from_bytes_that_can_be_a_program() -> None:
    """Nothing unpickles, and no YAML is loaded: JSON and TOML alone come in."""
    wanted = re.compile(r"^\s*(import|from)\s+(pickle|marshal|shelve|dill|yaml|joblib)\b", re.MULTILINE)
    assert not [path for path in SOURCES if wanted.search(path.read_text())]


def statements() -> list[tuple[str, ast.expr]]:
    """Every SQL text that is handed to a database."""
    found: list[tuple[str, ast.expr]] = []
    for path in SOURCES:
        for name, call in calls(path):
            if name in STATEMENTS and call.args:
                if where(path, call) not in CARRIERS:
                    found.append((where(path, call), call.args[0]))
            elif call.args and f"{where(path, call).partition(':')[0]}:{name}" in CARRIERS:
                found.append((where(path, call), call.args[0]))
    return found


def test_no_statement_is_made_of_text() -> None:
    found = statements()
    loose = [f"{place}: {ast.unparse(text)[:80]}" for place, text in found if not is_fixed(text)]
    assert not [one for one in loose if one.partition(": ")[0] not in LOOSE]
    assert len(found) > 50  # the test sees them


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("c.execute('SELECT 1 WHERE a = ?', (name,))", True),
        ("c.execute(f'SELECT {name}')", False),
        ("c.execute('SELECT ' + name)", False),
        ("c.execute('SELECT %s' % name)", False),
        ("c.execute('SELECT {}'.format(name))", False),
        ("T = ('a', 'b')\ndef f(c):\n    for t in T:\n        c.execute(f'DELETE FROM {t}')", True),
        ("def f(c, t):\n    c.execute(f'DELETE FROM {t}')", False),
        (
            "def f(c, v):\n    marks = ', '.join('?' * len(v))\n    c.execute(f'INSERT INTO a VALUES ({marks})', v)",
            True,
        ),
    ],
)
def test_the_test_itself_tells_fixed_words_from_others(text: str, is_good: bool) -> None:
    made = ast.parse(text)
    for parent in ast.walk(made):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent  # type: ignore[attr-defined]
    call = next(
        node for node in ast.walk(made) if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "execute"
    )
    assert is_fixed(call.args[0]) is is_good
