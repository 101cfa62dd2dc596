"""Vietnamese numbers in words: a narcotic's quantity is written out (Circular 26/2025/TT-BYT, annex III). Pure."""

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def in_words(number: int) -> str:
    """Write a number from 0 to 9999 out: 20 is "hai mươi", 105 "một trăm linh năm". Raises ValueError for others."""
    if not 0 <= number <= 9999:
        raise ValueError(f"no words for {number}")
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_thousand(rest, full=False)
    head = f"{DIGITS[thousands]} nghìn"
    return f"{head} {_below_thousand(rest, full=True)}" if rest else head


def _below_thousand(number: int, *, full: bool) -> str:
    """`full`: after thousands the hundreds are said even where there are none."""
    hundreds, rest = divmod(number, 100)
    if not hundreds and not full:
        return _below_hundred(rest)
    head = f"{DIGITS[hundreds]} trăm"
    if not rest:
        return head
    return f"{head} linh {DIGITS[rest]}" if rest < 10 else f"{head} {_below_hundred(rest)}"


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    head = "mười" if tens == 1 else f"{DIGITS[tens]} mươi"
    if not ones:
        return head
    # After a ten, five is "lăm"; after twenty and more, one is "mốt".
    return f"{head} {'lăm' if ones == 5 else 'mốt' if ones == 1 and tens > 1 else DIGITS[ones]}"
