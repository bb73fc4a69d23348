"""Wrong: it implements nothing."""


def work(item):
    return item
