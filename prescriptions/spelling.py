"""How far a typed word is from one that is written: letters left out, doubled, changed or swapped. Pure."""

SHORTEST = 4  # letters; what is shorter is one letter away from everything


def may_be_mistyped(word: str) -> bool:
    """Say whether looking for similar words makes sense: figures are never corrected, a strength is not a typing error."""
    return len(word) >= SHORTEST and word.isalpha()


def allowed(word: str) -> int:
    """Return how many errors are forgiven in a word of this length."""
    return 1 if len(word) < 6 else 2


def errors_between(typed: str, word: str) -> int:
    """Return the number of errors (optimal string alignment) that make `typed` of `word`, or of its beginning: people stop early."""
    before: list[int] = []
    last = list(range(len(word) + 1))
    for row, letter in enumerate(typed, start=1):
        now = [row]
        for column, other in enumerate(word, start=1):
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == word[column - 2] and typed[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return min(last[max(len(typed) - 2, 0) :] or last[-1:])
