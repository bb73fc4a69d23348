"""Which window of the order comes next: whatever comes in wherever, a pass ends only when nothing is left."""

from itertools import cycle, pairwise

from hypothesis import given
from hypothesis import strategies as st

from curation_core._scan import LOOK_BACK_EVERY, LOOK_BACK_SHARE, Scan
from curation_core._sql.cursor import Cursor

PLACES = st.integers(0, 40)


class Order:
    """A table as the scan sees it: places with queued rows, in one segment or in two."""

    def __init__(self, places=(), segments=1):
        self.queued = [set(places) if segment == 0 else set() for segment in range(segments)]

    @property
    def left(self):
        return sum(map(len, self.queued))

    def window(self, cursor, limit):
        """What a claim of fresh rows does: where the next window starts, and what it brought."""
        after = -1 if cursor.after is None else int(cursor.after[0])
        seen = sorted(place for place in self.queued[cursor.segment] if place > after)[:limit]
        self.queued[cursor.segment] -= set(seen)
        if len(seen) == limit:
            return Cursor(cursor.segment, (str(seen[-1]),)), seen
        return (None if cursor.segment + 1 == len(self.queued) else Cursor(cursor.segment + 1)), seen


def passes(scan, order, limit, arrivals=(), clock=None):
    """One pass to its end, with rows that arrive between its windows."""
    scan.begin()
    arrivals = list(arrivals)
    for windows in range(1000):
        scan.look_back(clock() if clock else 0.0)
        following, seen = order.window(scan.cursor, limit)
        if not scan.advance(following, len(seen), 0.0):
            return windows + 1
        if arrivals:
            segment, place = arrivals.pop()
            order.queued[segment % len(order.queued)].add(place)
    raise AssertionError("the pass does not end")


@given(
    st.lists(st.tuples(st.sets(PLACES), st.lists(st.tuples(st.integers(0, 1), PLACES), max_size=6)), max_size=6),
    st.integers(1, 7),
    st.integers(1, 2),
)
def test_a_pass_ends_only_when_no_row_is_left_wherever_rows_came_in(rounds, limit, segments):
    scan, order = Scan(), Order(segments=segments)
    for places, arrivals in rounds:
        order.queued[0] |= places
        passes(scan, order, limit, arrivals)
        passes(scan, order, limit)
        assert order.left == 0


@given(st.sets(PLACES), st.integers(1, 7), st.lists(st.floats(0, 3), min_size=1, max_size=10))
def test_looking_back_at_the_head_loses_no_row(places, limit, steps):
    scan, order, now = Scan(), Order(places), cycle(steps)
    total = 0.0

    def clock():
        nonlocal total
        total += next(now)
        return total

    passes(scan, order, limit, [(0, place) for place in places], clock)
    passes(scan, order, limit, clock=clock)
    assert order.left == 0


def test_a_pass_over_an_empty_table_is_one_window():
    assert passes(Scan(), Order(), 5) == 1


def test_the_next_pass_starts_where_the_last_one_ended():
    scan, order = Scan(), Order(range(10))
    passes(scan, order, 4)
    scan.begin()
    assert scan.cursor == Cursor(0, ("7",))


def test_a_row_at_the_head_is_found_while_a_backlog_is_worked():
    scan, order = Scan(), Order(range(10, 1000))
    scan.begin()
    for _ in range(5):
        following, seen = order.window(scan.cursor, 10)
        scan.advance(following, len(seen), 0.001)
    order.queued[0].add(3)
    assert not scan.look_back(LOOK_BACK_EVERY / 2)
    assert scan.look_back(LOOK_BACK_EVERY * 2)
    assert order.window(scan.cursor, 1)[1] == [3]


def test_a_look_back_that_brings_nothing_goes_on_where_it_was_and_comes_the_rarer_the_dearer_it_is():
    scan, order = Scan(), Order(range(1000))
    scan.begin()
    following, seen = order.window(scan.cursor, 10)
    scan.advance(following, len(seen), 0.001)
    place, now = scan.cursor, LOOK_BACK_EVERY * 2
    assert scan.look_back(now)
    assert scan.advance(Cursor(0, ("0",)), 0, seconds=1.0)
    assert scan.cursor == place
    scan.advance(place, 1, 0.001)
    assert not scan.look_back(now + 0.9 * LOOK_BACK_SHARE)
    assert scan.look_back(now + 1.1 * LOOK_BACK_SHARE)


def test_a_backlog_that_never_ends_is_interrupted_by_looks_at_its_head_whatever_they_bring():
    scan, looks = Scan(), []
    scan.begin()
    for window in range(1000):
        now = 100 + window / 10
        if scan.look_back(now):
            looks.append(now)
        brought = 10 if not scan.cursor.at_start or len(looks) % 2 else 0  # every other look finds something
        assert scan.advance(Cursor(0, (str(window), "")), brought, 0.01)
    pauses = [later - sooner for sooner, later in pairwise(looks)]
    assert len(looks) > 90
    assert max(pauses) < LOOK_BACK_EVERY + 0.3


def test_the_head_and_the_rest_take_turns_while_there_is_something_at_the_head():
    scan = Scan()
    scan.begin()
    scan.advance(Cursor(0, ("a", "")), 10, 0.01)
    looked = []
    for window in range(8):
        looked.append(scan.look_back(100 + window / 1000))
        scan.advance(Cursor(0, (f"b{window}", "")), 10, 0.01)
    assert looked == [True, False] * 4
