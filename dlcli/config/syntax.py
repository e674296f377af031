"""What PyYAML's parser says about text that is not YAML, in plain words."""

import re
from typing import NamedTuple

import yaml

# 'epochs:10', but not 'http://...' nor Windows paths
_NO_SPACE = re.compile(r"[\s-]*([\w.-]+):([^\s/\\].*)")


class Explanation(NamedTuple):
    """Where the text stops being YAML (from 1), what is wrong, what to do."""

    line: int
    column: int
    message: str
    hint: str = ""


def explain(error: yaml.MarkedYAMLError, text: str) -> Explanation:
    """The mistake behind a scanner's or parser's error, as its author would see it."""
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Explanation(1, 1, f"not YAML: {error.problem}")
    line, column = mark.line, mark.column
    row = lines[line] if line < len(lines) else ""
    problem, context = error.problem or "", error.context or ""
    char = row[column : column + 1]
    start = error.context_mark
    opened = f"line {start.line + 1}, column {start.column + 1}" if start else "an earlier line"

    if "cannot start any token" in problem and char == "\t":
        return Explanation(line + 1, column + 1, "found a tab; YAML takes only spaces as indentation",
                           "replace each tab by two spaces")
    if "cannot start any token" in problem:
        return Explanation(line + 1, column + 1, f"a value without quotes cannot begin with '{char}'",
                           f"put the value in quotes: '{row[column:].strip()}'")
    if "mapping values are not allowed" in problem:
        return _unexpected_colon(lines, line, column)
    if "could not find expected ':'" in problem and start:
        row = lines[start.line]
        found = f"expected 'key: value' or '- item'; found '{_short(row)}'"
        return Explanation(start.line + 1, start.column + 1, found, _space_hint(row))
    if "unexpected end of stream" in problem and start:
        return Explanation(start.line + 1, start.column + 1, "the quote that opens here is never closed",
                           "close it, or double it where it belongs to the text: 'it''s'")
    if "unknown escape" in problem:
        return Explanation(line + 1, column, f"in double quotes '\\{char}' has no meaning",
                           "use single quotes, in which a backslash is only a backslash")
    if "flow sequence" in context or "flow mapping" in context:
        brackets = ("[", "]") if "sequence" in context else ("{", "}")
        return _open_bracket(brackets, _what(problem, row, column), line, column, opened)
    if "expected the node content" in problem:
        return Explanation(line + 1, column + 1, f"expected a value; found {_what(problem, row, column)}")
    if "<block end>" in problem:
        return _broken_block(problem, row, line, column, opened)
    if "sequence entries are not allowed" in problem:
        return Explanation(line + 1, column + 1, "a list item cannot begin here",
                           "begin the list on the next line; for text that begins with '-', use quotes")
    if "scanning an alias" in context or "scanning an anchor" in context:
        return Explanation(line + 1, column + 1, "'*' and '&' begin an alias or an anchor, and no name follows",
                           "for text that begins with '*' or '&', use quotes")
    if "undefined tag handle" in problem:
        return Explanation(line + 1, column + 1, f"expected plain data; found the tag '{row[column:].split()[0]}'",
                           "remove the tag; for text that begins with '!', use quotes")
    if "<document start>" in problem:
        return Explanation(line + 1, column + 1, "expected one document; found more after '...'", "remove the '...'")
    return Explanation(line + 1, column + 1, f"not YAML: {context + ': ' if context else ''}{problem}")


def _unexpected_colon(lines: list[str], line: int, column: int) -> Explanation:
    row = lines[line]
    above = next((n for n in range(line - 1, -1, -1) if lines[n].strip()), None)
    if ": " in row[:column]:
        hint = "put the value in quotes, or its entry on a line of its own"
        return Explanation(line + 1, column + 1, "a second ': ' in one line, where the value has begun", hint)
    if above is None:
        return Explanation(line + 1, column + 1, "a ':' stands where no key can be", "use quotes for text with a ': '")
    hint = _space_hint(lines[above]) or "give both lines the same indentation, or end the line above with ':'"
    message = f"a key cannot begin here: line {above + 1}, '{_short(lines[above])}', is not a block for it"
    return Explanation(line + 1, len(row) - len(row.lstrip()) + 1, message, hint)


def _open_bracket(brackets: tuple[str, str], found: str, line: int, column: int, opened: str) -> Explanation:
    bracket, closing = brackets
    message = f"the '{bracket}' of {opened} is still open: expected ',' or '{closing}'; found {found}"
    return Explanation(line + 1, column + 1, message, f"close it with '{closing}'")


def _broken_block(problem: str, row: str, line: int, column: int, opened: str) -> Explanation:
    found = problem.rpartition("found ")[2]
    if row[:column].strip(" -"):
        message = f"expected the end of the line after the value; found '{_short(row[column:])}'"
        return Explanation(line + 1, column + 1, message, "put the whole value in quotes")
    if found == "'-'":
        message = f"found a list item among the keys of the block that begins at {opened}"
    elif found == "'?'":
        message = f"found a key among the items of the list that begins at {opened}"
    else:
        message = f"the indentation fits no block above; the block around begins at {opened}"
    return Explanation(line + 1, column + 1, message, "give the entries of one block the same indentation")


def _space_hint(row: str) -> str:
    match = _NO_SPACE.match(row)
    return f"put a space after the colon: '{match[1]}: {match[2]}'" if match else ""


def _what(problem: str, row: str, column: int) -> str:
    if "stream end" in problem:
        return "the end of the text"
    return f"'{_short(row[column:])}'" if row[column:].strip() else "the end of the line"


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else f"{text[:37]}..."
