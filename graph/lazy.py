"""Attributes that are worked out when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Owner = TypeVar("Owner")
Value = TypeVar("Value")


class Lazy(Generic[Owner, Value]):
    """Decorates a method that from its first call on is an attribute of the object, and no longer called.

    It is what `functools.cached_property` is from Python 3.12 on. Before, that lets one thread at a time work
    out an attribute, of whichever object: while one finds out what a large network costs, a window that only
    asks about a small one would stand still. Here, two threads that ask at once both work it out.

    Source: https://github.com/python/cpython/issues/87634
    """

    def __init__(self, method: Callable[[Owner], Value]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...

    @overload
    def __get__(self, instance: Owner, owner: type[Any]) -> Value: ...

    def __get__(self, instance: Owner | None, owner: type[Any]) -> Self | Value:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._method(instance)
        return value
