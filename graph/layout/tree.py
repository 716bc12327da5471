"""Network simplex on the levels of a layout: a tree of edges of length 1, made better edge by edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Pair = tuple[int, int]


class TightTree:
    """Moves nodes between levels so that the sum of all lengths falls; no edge gets shorter than 1.

    Every edge of the tree has a cut value: by how much the sum grows when that edge does. Cut values are a
    flow through the tree, so an exchange of edges changes them along one cycle only.

    Args:
        level: of each node, changed in place; no edge is shorter than 1.
        pairs: source and target of every edge of a connected graph without cycles.
        check: is called now and then; what it raises ends the work.
    """

    def __init__(self, level: list[int], pairs: Sequence[Pair], check: Callable[[], None]) -> None:
        self._level, self._pairs, self._check = level, pairs, check
        self._edges_of: list[list[int]] = [[] for _ in level]
        for index, (source, target) in enumerate(pairs):
            self._edges_of[source].append(index)
            self._edges_of[target].append(index)
        self._tree_of: list[list[int]] = [[] for _ in level]  # of these, the edges of the tree
        self._up = [-1] * len(level)  # the tree's edge from a node towards the root
        self._cut: dict[int, int] = {}  # by edge of the tree

    def shorten(self, work: int) -> None:
        """Exchanges edges until the sum is the least there is, or about `work` steps are done."""
        self._span()
        self._weigh(self._walk(0))
        while work > 0:
            self._check()
            leaving = next((index for index, cut in self._cut.items() if cut < 0), None)
            if leaving is None:
                return
            work -= self._exchange(leaving)

    # -- the first tree

    def _span(self) -> None:
        """Joins nodes by edges of length 1, and pulls together the parts that are left."""
        part = list(range(len(self._level)))
        members = {node: [node] for node in part}
        for index, (source, target) in enumerate(self._pairs):
            if self._slack(index) == 0 and part[source] != part[target]:
                self._merge(part, members, index)
        for name in sorted(members, key=lambda each: len(members[each])):
            self._check()
            while name in members and 2 * len(members[name]) <= len(part):
                self._merge(part, members, self._pull(part, members[name]))
        while len(members) > 1:
            smallest = min(members, key=lambda each: len(members[each]))
            self._merge(part, members, self._pull(part, members[smallest]))

    def _pull(self, part: Sequence[int], nodes: Sequence[int]) -> int:
        """Shifts a part until an edge to another has length 1, and gives that edge."""
        own = part[nodes[0]]
        leading: tuple[list[int], list[int]] = ([], [])  # away, and here
        for node in nodes:
            for index in self._edges_of[node]:
                source, target = self._pairs[index]
                if part[source] != part[target]:
                    leading[part[source] != own].append(index)
        away, here = leading
        nearest = min(away or here, key=self._slack)
        shift = self._slack(nearest) if away else -self._slack(nearest)
        for node in nodes:
            self._level[node] += shift
        return nearest

    def _merge(self, part: list[int], members: dict[int, list[int]], index: int) -> None:
        ends = self._pairs[index]
        small, large = sorted((part[end] for end in ends), key=lambda each: len(members[each]))
        for node in members[small]:
            part[node] = large
        members[large] += members.pop(small)
        for end in ends:
            self._tree_of[end].append(index)

    def _walk(self, root: int) -> list[int]:
        """The nodes of the tree, each behind the one above it."""
        order = [root]
        for node in order:  # grows while it is read
            for index, below in self._below(node):
                self._up[below] = index
                order.append(below)
        return order

    def _weigh(self, order: Sequence[int]) -> None:
        """Cut values from the leaves up: out of a node flows its number of edges out, less those in."""
        flow = [0] * len(self._level)
        for source, target in self._pairs:
            flow[source] += 1
            flow[target] -= 1
        for node in reversed(order[1:]):
            index = self._up[node]
            self._cut[index] = flow[node] if self._pairs[index][0] == node else -flow[node]
            flow[self._other(index, node)] += flow[node]

    # -- exchanging edges

    def _exchange(self, leaving: int) -> int:
        """Takes an edge out of the tree, the nearest that spans the gap in; gives the steps that took."""
        source, target = self._pairs[leaving]
        leads_down = self._up[target] == leaving
        below = target if leads_down else source
        inside = self._subtree(below)
        entering = self._entering(inside, leads_out=leads_down)
        shift = self._slack(entering) if leads_down else -self._slack(entering)
        for node in inside:
            self._level[node] += shift
        start, end = self._pairs[entering]
        amount = -self._cut.pop(leaving)
        steps = self._push(target, start, amount) + self._push(end, source, amount)
        self._cut[entering] = amount
        self._hang(start if leads_down else end, below, entering)
        for tree, index in ((list.remove, leaving), (list.append, entering)):
            for node in self._pairs[index]:
                tree(self._tree_of[node], index)
        return steps + len(inside)

    def _entering(self, inside: dict[int, None], leads_out: bool) -> int:
        """The shortest edge out of a subtree, or into it."""
        found = (
            index
            for node in inside
            for index in self._edges_of[node]
            if self._pairs[index][not leads_out] == node and self._pairs[index][leads_out] not in inside
        )
        return min(found, key=self._slack)

    def _push(self, start: int, end: int, amount: int) -> int:
        """Lets more flow along the tree's path between two nodes; gives its length."""
        first, second = self._climbs(start, end)
        for node in first:
            self._cut[self._up[node]] += amount if self._pairs[self._up[node]][0] == node else -amount
        for node in second:
            self._cut[self._up[node]] += amount if self._pairs[self._up[node]][1] == node else -amount
        return len(first) + len(second)

    def _climbs(self, one: int, other: int) -> tuple[list[int], list[int]]:
        """The nodes from each of two up to where their ways meet, without that."""
        ways = ([one], [other])
        seen = ({one: 0}, {other: 0})
        turn = 0
        while True:
            node = ways[turn][-1]
            if node in seen[1 - turn]:
                cut = ways[1 - turn][: seen[1 - turn][node]]
                return (ways[0][:-1], cut) if turn == 0 else (cut, ways[1][:-1])
            if self._up[node] >= 0:
                above = self._other(self._up[node], node)
                seen[turn][above] = len(ways[turn])
                ways[turn].append(above)
            turn = 1 - turn

    def _hang(self, top: int, below: int, index: int) -> None:
        """Hangs a subtree by another of its nodes, at an edge."""
        node = top
        while True:
            index, self._up[node] = self._up[node], index
            if node == below:
                return
            node = self._other(index, node)

    def _subtree(self, top: int) -> dict[int, None]:
        inside = {top: None}
        queue = [top]
        for node in queue:  # grows while it is read
            for _, below in self._below(node):
                inside[below] = None
                queue.append(below)
        return inside

    def _below(self, node: int) -> Iterator[Pair]:
        for index in self._tree_of[node]:
            if index != self._up[node]:
                yield index, self._other(index, node)

    def _other(self, index: int, node: int) -> int:
        source, target = self._pairs[index]
        return target if source == node else source

    def _slack(self, index: int) -> int:
        source, target = self._pairs[index]
        return self._level[target] - self._level[source] - 1
