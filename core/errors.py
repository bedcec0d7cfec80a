"""The one exception type for input that a person can mend."""


class InputError(ValueError):
    """Input that is not acceptable: the message says what was given, what is allowed and how to fix it.

    `position` is the index of the offending character in the given text, where that is known.
    """

    def __init__(self, message: str, position: int | None = None):
        super().__init__(message)
        self.position = position
