"""Wrong: the entry point names PagesPlugin; the class is called PagePlugin."""


class PagePlugin:
    pass
