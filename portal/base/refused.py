"""The one exception of a rule that says no."""


class Refused(Exception):
    """A rule says no; the sentence is for the person who asked.

    Pages, admin and APIs each render it once: pages as a message, the APIs as an error.

    Arguments:
        sentence: what is wrong and what to do, translated, plain text.
        code: stable name of the rule for programs, such as "no_plan".
    """

    def __init__(self, sentence: str, *, code: str = "refused") -> None:
        super().__init__(sentence)
        self.sentence = str(sentence)
        self.code = code
