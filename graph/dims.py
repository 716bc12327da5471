"""Exact arithmetic on dimensions: integers, symbols such as the batch `N`, and what layers make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import total_ordering
from math import gcd

Monomial = tuple["str | FloorDiv | Below", ...]


@total_ordering
@dataclass(frozen=True, slots=True)
class FloorDiv:
    """A floor division that does not come out even, kept whole: `(T + 1)//2`."""

    numerator: Expr
    divisor: int

    def __str__(self) -> str:
        return f"{_grouped(self.numerator)}//{self.divisor}"

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)


@total_ordering
@dataclass(frozen=True, slots=True)
class Below:
    """1 where a dim is smaller than a limit and 0 elsewhere: `(N < 128)`."""

    dim: Expr
    limit: int

    def __str__(self) -> str:
        return f"({self.dim} < {self.limit})"

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)


@dataclass(frozen=True, slots=True)
class Expr:
    """A polynomial over symbols with integer coefficients, in canonical form: `==` means equal.

    Sums of several quotients are the exception: `T//2 + (T + 1)//2` is not recognised as `T`.

    Args:
        terms: each monomial (a sorted tuple of atoms; `()` is the constant) with its coefficient.
    """

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Dim) -> Dim:
        if other == 0 and self._varies:  # a sum begins with it
            return self
        total = dict(self.terms)
        for monomial, factor in as_expr(other).terms:
            total[monomial] = total.get(monomial, 0) + factor
        return _canonical(total)

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int) and other and self._varies:  # most products are of this kind
            return Expr(tuple((monomial, factor * other) for monomial, factor in self.terms))
        total: dict[Monomial, int] = {}
        for left, left_factor in self.terms:
            for right, right_factor in as_expr(other).terms:
                monomial = tuple(sorted((*left, *right), key=str))
                total[monomial] = total.get(monomial, 0) + left_factor * right_factor
        return _canonical(total)

    def __sub__(self, other: Dim) -> Dim:
        return self + as_expr(other) * -1

    def __rsub__(self, other: int) -> Dim:
        return self * -1 + other

    def __floordiv__(self, divisor: int) -> Dim:
        whole = _canonical({monomial: factor // divisor for monomial, factor in self.terms})
        rest = _canonical({monomial: factor % divisor for monomial, factor in self.terms})
        return whole + _quotient(rest, divisor) if isinstance(rest, Expr) else whole

    @property
    def _varies(self) -> bool:
        """Whether it is no constant; the constant is the last term."""
        return bool(self.terms and self.terms[0][0])

    __radd__ = __add__
    __rmul__ = __mul__

    def __str__(self) -> str:
        text = " + ".join(_term_text(monomial, factor) for monomial, factor in self.terms)
        return text.replace("+ -", "- ")

    __repr__ = __str__


Dim = int | Expr


def symbol(name: str) -> Expr:
    """The dimension called `name`, such as `N` or `T`, whose size is not known."""
    return Expr((((name,), 1),))


def below(dim: Dim, limit: int) -> Dim:
    """1 where a dim is smaller than the limit, else 0."""
    return int(dim < limit) if isinstance(dim, int) else Expr((((Below(dim, limit),), 1),))


def at_most(dim: Dim, limit: int) -> Dim:
    """The smaller of a dim and the limit."""
    is_below = below(dim, limit)
    return dim * is_below + limit * (1 - is_below)


def as_expr(dim: Dim) -> Expr:
    """Any dim as a polynomial."""
    if isinstance(dim, Expr):
        return dim
    return Expr((((), dim),) if dim else ())


def evaluate(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The size of a dim once its symbols have the given sizes.

    Raises:
        KeyError: a symbol of the dim has no size.
    """
    if isinstance(dim, int):
        return dim
    total = 0
    for monomial, factor in dim.terms:
        for atom in monomial:
            factor *= sizes[atom] if isinstance(atom, str) else _evaluate_atom(atom, sizes)
        total += factor
    return total


def substitute(dim: Dim, sizes: Mapping[str, int]) -> Dim:
    """The dim with the given symbols replaced by sizes; other symbols stay."""
    if isinstance(dim, int):
        return dim
    total: Dim = 0
    for monomial, factor in dim.terms:
        product: Dim = factor
        for atom in monomial:
            product = product * _substitute_atom(atom, sizes)
        total = total + product
    return total


def symbols(dim: Dim) -> frozenset[str]:
    """The names of the symbols in a dim."""
    if isinstance(dim, int):
        return frozenset()
    names: set[str] = set()
    for monomial, _ in dim.terms:
        for atom in monomial:
            names |= {atom} if isinstance(atom, str) else symbols(_inside(atom))
    return frozenset(names)


def jumps(dim: Dim) -> frozenset[Below]:
    """What in a dim is one number up to a limit and another from there on."""
    return frozenset(
        atom for monomial, _ in as_expr(dim).terms for atom in monomial if isinstance(atom, Below)
    )


def polynomial(terms: Mapping[Monomial, int]) -> Dim:
    """The dim with these terms: each monomial with its coefficient."""
    return _canonical(terms)


def divide_exact(dim: Dim, divisor: Dim) -> Dim | None:
    """`dim / divisor` where it is certain to come out even, else None. `N*T*8 / (N*4)` is `T*2`."""
    if isinstance(dim, int) and isinstance(divisor, int):
        return dim // divisor if divisor and dim % divisor == 0 else None
    bottom = as_expr(divisor).terms
    if len(bottom) != 1:
        return 1 if dim == divisor else None
    (atoms, factor), result = bottom[0], {}
    for monomial, coefficient in as_expr(dim).terms:
        remaining = _without(monomial, atoms)
        if remaining is None or coefficient % factor:
            return None
        result[remaining] = coefficient // factor
    return _canonical(result)


def _canonical(terms: Mapping[Monomial, int]) -> Dim:
    kept = {monomial: factor for monomial, factor in terms.items() if factor}
    if not kept:
        return 0
    if set(kept) == {()}:
        return kept[()]
    ordered = sorted(kept.items(), key=lambda item: (-len(item[0]), [str(atom) for atom in item[0]]))
    return Expr(tuple(ordered))


def _quotient(numerator: Expr, divisor: int) -> Dim:
    """`numerator // divisor` in lowest terms, for coefficients below the divisor."""
    constant = dict(numerator.terms).get((), 0)
    variable = [(monomial, factor) for monomial, factor in numerator.terms if monomial]
    atoms, factor = variable[0]
    if len(variable) == factor == len(atoms) == 1 and isinstance(atoms[0], FloorDiv):
        inner = atoms[0]  # (a//d + c)//e is (a + c*d)//(d*e)
        return as_expr(inner.numerator + constant * inner.divisor) // (inner.divisor * divisor)
    common = gcd(divisor, *(factor for _, factor in variable))
    reduced = as_expr(_canonical({monomial: factor // common for monomial, factor in numerator.terms}))
    return Expr((((FloorDiv(reduced, divisor // common),), 1),))


def _without(monomial: Monomial, atoms: Monomial) -> Monomial | None:
    remaining = list(monomial)
    for atom in atoms:
        if atom not in remaining:
            return None
        remaining.remove(atom)
    return tuple(remaining)


def _inside(atom: FloorDiv | Below) -> Expr:
    return atom.numerator if isinstance(atom, FloorDiv) else atom.dim


def _evaluate_atom(atom: FloorDiv | Below, sizes: Mapping[str, int]) -> int:
    inner = evaluate(_inside(atom), sizes)
    return inner // atom.divisor if isinstance(atom, FloorDiv) else int(inner < atom.limit)


def _substitute_atom(atom: str | FloorDiv | Below, sizes: Mapping[str, int]) -> Dim:
    if isinstance(atom, str):
        return sizes.get(atom, symbol(atom))
    inner = substitute(_inside(atom), sizes)
    return inner // atom.divisor if isinstance(atom, FloorDiv) else below(inner, atom.limit)


def _term_text(monomial: Monomial, factor: int) -> str:
    if not monomial:
        return str(factor)
    alone = factor == 1 and len(monomial) == 1
    product = "*".join(str(atom) if alone or isinstance(atom, str) else f"({atom})" for atom in monomial)
    if factor == 1:
        return product
    return f"-{product}" if factor == -1 else f"{factor}*{product}"


def _grouped(expr: Expr) -> str:
    return str(expr) if len(expr.terms) == 1 and "*" not in str(expr) else f"({expr})"
