"""Amounts of money in Vietnamese words, as receipts and invoices carry them. Pure."""

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
GROUPS = ("", "nghìn", "triệu", "tỷ")
MOST = 10**18 - 1


def dong_in_words(amount: int) -> str:
    """Write an amount out: 150000 is "Một trăm năm mươi nghìn đồng". Raises ValueError below zero and above 18 digits."""
    words = in_words(amount)
    return f"{words[:1].upper()}{words[1:]} đồng"


def in_words(number: int) -> str:
    """Write a number out: 1005 is "một nghìn không trăm linh năm". Raises ValueError below zero and above 18 digits."""
    if not 0 <= number <= MOST:
        raise ValueError(f"no words for {number}")
    return _words(number, full=False) if number else DIGITS[0]


def _words(number: int, *, full: bool) -> str:
    """`full`: something was said before, so hundreds are said even where there are none."""
    billions, rest = divmod(number, 10**9)
    said = [f"{_words(billions, full=full)} tỷ"] if billions else []
    for power in (2, 1, 0):
        group = rest // 1000**power % 1000
        if group:
            word = _below_thousand(group, full=full or bool(said))
            said.append(f"{word} {GROUPS[power]}".strip())
    return " ".join(said)


def _below_thousand(number: int, *, full: bool) -> str:
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
