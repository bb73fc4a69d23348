"""Wrong: the class that the entry point names raises when it is made."""


class Plugin:
    def __init__(self):
        message = "no model on this disk"
        raise OSError(message)
