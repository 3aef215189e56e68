"""Tables in text files. pandas reads them; where it stumbles they are read again slowly, to say where and why.

What separates the cells, whether there is a header, and whether a comma is a decimal point, is told from the first
lines.
"""

import codecs
import csv
import itertools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .recording import Recording, cannot_read, check_once, plural

LOOK = 1 << 16  # characters; that many tell the layout
BLOCK = 1 << 22  # bytes at a time
LARGEST = float(np.finfo(np.float32).max)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
NOT_FINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
NOTHING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None", "-")
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Layout:
    """How a table is written.

    Attributes:
        encoding: of the text.
        separator: of the cells; " " for any number of spaces.
        decimal: "." or ",".
        names: from the header, or numbers from 0.
        header: the line that the header is in, counted from 1, or 0 without one.
    """

    encoding: str
    separator: str
    decimal: str
    names: tuple[str, ...]
    header: int


def read_text(path: str, wanted: Callable[[Sequence[str]], Sequence[str]], exact: Sequence[str]) -> Recording:
    """The columns that `wanted` picks from the names there are, float32, those in `exact` float64.

    Raises:
        ConfigError: with the row (the line of the file, as an editor counts) and the column of what is no number.
    """
    layout = layout_of(path)
    names = list(wanted(layout.names))
    even, comments = looked_through(path, layout)
    try:
        columns = parsed(path, layout, names, set(exact), comments)
    except ValueError as error:  # pandas' own errors are such
        diagnose(path, layout, names)
        raise cannot_read(path, f"cannot be read as a table: {error}") from error
    if not len(columns[names[0]]):
        raise cannot_read(path, "has no rows of numbers")
    sound = all(np.isfinite(column).all() for column in columns.values())
    if not (sound and even):
        diagnose(path, layout, names)
        if not sound:
            raise cannot_read(path, "cannot be read as a table of numbers; write them plainly, as 1.5 and -2e-3")
    return Recording(layout.names, columns)


def parsed(path: str, layout: Layout, names: Sequence[str], exact: set[str], comments: bool) -> dict[str, np.ndarray]:
    """What pandas makes of the file."""
    import pandas

    places = [layout.names.index(name) for name in names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is diagnosed
        table = pandas.read_csv(
            path,
            sep=r"\s+" if layout.separator == " " else layout.separator,
            header=None,
            names=range(len(layout.names)),
            usecols=places,
            index_col=False,
            skiprows=layout.header,
            dtype={place: np.float64 if layout.names[place] in exact else np.float32 for place in places},
            decimal=layout.decimal,
            na_values=NOTHING,
            comment="#" if comments else None,
            encoding=layout.encoding,
            skipinitialspace=True,
        )
    return {name: table[place].to_numpy() for name, place in zip(names, places, strict=True)}


def layout_of(path: str) -> Layout:
    """How the table is written, from its first lines.

    Raises:
        ConfigError: it is no text, or holds nothing.
    """
    encoding = encoding_of(path)
    try:
        with open(path, encoding=encoding, newline="") as file:
            text = file.read(LOOK)
    except UnicodeDecodeError as error:
        raise cannot_read(path, "is no text in UTF-8; save it as CSV in UTF-8") from error
    if len(text) == LOOK:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if bare(line)]
    if not lines:
        raise cannot_read(path, "is empty")
    number, first = lines[0]
    separator = separator_of([line for _, line in lines[:20]])
    cells = split(bare(first), separator)
    rest = lines[1:] if len(lines) > 1 else lines
    commas = separator != "," and any(re.search(r"\d,\d", line) for _, line in rest)
    decimal = "," if commas and not any(re.search(r"\d\.\d", line) for _, line in rest) else "."
    if all(NUMBER.fullmatch(plain(cell, decimal)) or is_nothing(cell) for cell in cells):
        return Layout(encoding, separator, decimal, tuple(map(str, range(len(cells)))), 0)
    if len(cells) > 1 and not cells[-1]:
        cells = cells[:-1]  # a separator at the end of each line
    for place, cell in enumerate(cells):
        if not cell:
            raise cannot_read(path, f"row {number} is the header, and its column {place} has no name; give it one")
    check_once(cells, f"`task.path` (={path}) has")
    return Layout(encoding, separator, decimal, tuple(cells), number)


def encoding_of(path: str) -> str:
    """From the byte order mark, or UTF-8."""
    with open(path, "rb") as file:
        start = file.read(4)
    return next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), "utf-8")


def bare(line: str) -> str:
    """Without spaces around; nothing of a comment."""
    return "" if line.lstrip().startswith("#") else line.strip(" \r\n")


def separator_of(lines: Sequence[str]) -> str:
    """The first of ";", tab, "," and spaces that is in the last of some lines outside quotes; "," if none is."""
    line = re.sub(r'"[^"]*"', "", bare(lines[-1]))
    return next((separator for separator in (";", "\t", ",", " ") if separator in line), ",")


def split(line: str, separator: str) -> list[str]:
    """The cells of a line."""
    if separator == " ":
        return [cell.strip('"') for cell in line.split()]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]


def plain(cell: str, decimal: str) -> str:
    """A number as Python writes it."""
    return cell.strip().replace(",", ".") if decimal == "," else cell.strip()


def is_nothing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.strip() in NOTHING


def looked_through(path: str, layout: Layout) -> tuple[bool, bool]:
    """Whether each row has a cell for each column, which pandas does not see to, and whether any row is a comment.

    In UTF-16 the former is taken for granted.
    """
    if not layout.encoding.startswith("utf-8"):
        return True, False
    even, comments, rest = True, False, b""
    wanted = len(layout.names) - (layout.separator != " ")
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            lines, end, rest = (rest + block).rpartition(b"\n")
            text = np.frombuffer(lines + end, np.uint8)
            if not len(text):
                continue
            starts = np.concatenate([[0], np.flatnonzero(text == ord("\n"))[:-1] + 1])
            marked = text[starts] == ord("#")
            comments |= bool(marked.any())
            blank = np.isin(text[starts], (ord("\n"), ord("\r")))
            counts = np.add.reduceat(counted(text, layout.separator), starts, dtype=np.int64)
            even &= bool(np.all((counts == wanted) | blank | marked))
    return even, comments


def counted(text: np.ndarray, separator: str) -> np.ndarray:
    """Where in some bytes a separator is or, if spaces are, where a cell begins."""
    if separator != " ":
        return text == ord(separator)
    space = np.isin(text, np.frombuffer(b" \t\r\n", np.uint8))
    return ~space & np.concatenate([[True], space[:-1]])


def rows_of(path: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is neither empty, nor a comment, nor the header."""
    with open(path, encoding=layout.encoding, newline="") as file:
        if layout.separator == " ":
            rows = ((number, split(bare(line), " ")) for number, line in enumerate(file, 1))
        else:
            reader = csv.reader(file, delimiter=layout.separator, skipinitialspace=True)
            rows = ((reader.line_num, cells) for cells in reader)
        for number, cells in rows:
            if number > layout.header and any(cells) and not cells[0].startswith("#"):
                yield number, cells


def diagnose(path: str, layout: Layout, names: Sequence[str]) -> None:
    """Read the table slowly.

    Raises:
        ConfigError: something in the columns `names` is no number, or a row has too many cells or too few.
    """
    places = [layout.names.index(name) for name in names]
    width, first, more = len(layout.names), "", 0
    for number, cells in rows_of(path, layout):
        if len(cells) == width + 1 and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != width:
            found = [f"row {number} has {plural(len(cells), 'cell')}, {named(layout)} has {width}"]
        else:
            found = [
                f"row {number}, column `{layout.names[place]}`: {why}"
                for place in places
                if (why := wrong(cells[place], layout.decimal))
            ]
        more += len(found) - (not first and bool(found))
        first = first or (found[0] if found else "")
    if first:
        rest = f", and {plural(more, 'more such place')}" if more else ""
        raise cannot_read(path, f"{first}{rest}; mend the file, or choose other columns")


def named(layout: Layout) -> str:
    """Where the number of columns is from."""
    return "the header" if layout.header else "the first row"


def wrong(cell: str, decimal: str) -> str:
    """Why a cell is no number; nothing if it is one."""
    value = plain(cell, decimal)
    if is_nothing(cell):
        return f"the value is missing ({cell.strip() or 'an empty cell'})"
    if NOT_FINITE.fullmatch(value):
        return f"'{value}' is not finite"
    if not NUMBER.fullmatch(value):
        return f"'{cell.strip()}' is not a number"
    return "" if abs(float(value)) <= LARGEST else f"'{cell.strip()}' is too large for float32"


def line_of(path: str, row: int) -> int:
    """The line of the file that a row of its numbers is in, both counted as `rows_of` and from 0."""
    number, _ = next(itertools.islice(rows_of(path, layout_of(path)), row, None))
    return number
