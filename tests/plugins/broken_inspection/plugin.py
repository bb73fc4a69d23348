"""Wrong: reading the plugin's attributes raises."""


class Plugin:
    def __dir__(self):
        message = "not before it is configured"
        raise RuntimeError(message)
