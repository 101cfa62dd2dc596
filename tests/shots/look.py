"""Looking at one page: what a careful reader would complain about, in words."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

# Visible words with what gives them their place: text, and the attributes people hear or see.
SEEN = """() => {
  const words = new Set(), html = document.documentElement;
  const foreign = node => { const at = node.closest('[lang]'); return at && at !== html; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const around = walker.currentNode.parentElement;
    if (around.closest('script,style,template,noscript,textarea,code') || foreign(around)) continue;
    if (around.checkVisibility()) words.add(walker.currentNode.data);
  }
  for (const one of document.querySelectorAll('[aria-label],[placeholder],[title],[alt]')) {
    if (foreign(one)) continue;
    for (const name of ['aria-label', 'placeholder', 'title', 'alt']) words.add(one.getAttribute(name) || '');
  }
  words.add(document.title.replace(/ · Lành$/, ''));
  const headings = [...document.querySelectorAll('h1')].filter(one => one.checkVisibility());
  return {
    lang: html.lang, title: document.title, headings: headings.length, width: html.scrollWidth,
    room: html.clientWidth, words: [...words].map(one => one.replace(/\\s+/g, ' ').trim()).filter(Boolean),
  };
}"""
FINE = {"resultTypes": ["violations"]}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%[sd]|%%")


def complaints(tab: Any, language: str, *, axe: bool = True) -> list[str]:
    """Everything wrong with the page the tab stands on; empty when it is as it should be."""
    seen = tab.evaluate(SEEN)
    wrong = []
    if seen["lang"] != language:
        wrong.append(f"says it is in {seen['lang']!r}")
    if not seen["title"].replace("· Lành", "").strip():
        wrong.append("has no title")
    if seen["headings"] != 1:
        wrong.append(f"has {seen['headings']} h1")
    if seen["width"] > seen["room"]:
        wrong.append(f"is {seen['width']} px wide in {seen['room']}")
    wrong += [f"says {word!r} in the other language" for word in seen["words"] if is_foreign(word, language)]
    return wrong + (axe_complaints(tab) if axe else [])


def axe_complaints(tab: Any) -> list[str]:
    """What axe calls serious or critical on the page as it stands, then in each of its dialogs."""
    wrong = _axe(tab, "")
    for number in range(tab.evaluate("document.querySelectorAll('dialog').length")):
        opened = f"""() => {{
          const one = document.querySelectorAll('dialog')[{number}];
          if (!one.textContent.trim() || one.open) return false;
          one.dataset.looked = '1'; one.showModal(); return true;
        }}"""
        if tab.evaluate(opened):
            wrong += _axe(tab, "dialog[data-looked]")
            tab.evaluate(
                "const one = document.querySelector('dialog[data-looked]'); delete one.dataset.looked; one.close()"
            )
    return wrong


def screens(tab: Any) -> list[str]:
    """The names of the screens a call page swaps; none elsewhere, and none once the call is over."""
    return list(
        tab.evaluate(
            "[...new Set([...document.querySelectorAll('video-call:not([data-over]) [data-screen]')].map(s => s.dataset.screen))]"
        )
    )


def turn_to(tab: Any, screen: str) -> None:
    """Show this screen of the call page alone, as if the call stood there."""
    tab.evaluate(
        """wanted => { const call = document.querySelector('video-call'); call.dataset.shown = wanted;
        document.body.classList.toggle('in-call', wanted === 'call' && call.matches('.call--citizen'));
        for (const one of call.querySelectorAll('[data-screen]')) one.hidden = one.dataset.screen !== wanted; }""",
        screen,
    )


def is_foreign(word: str, language: str) -> bool:
    """Whether our own catalogues have this for readers of the other language, and something else for these."""
    whole, patterns = _other_words(language)
    return word in whole or bool(patterns.search(word))


@cache
def _other_words(language: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """Every sentence of the catalogues in the other language; those with gaps as one pattern."""
    import polib

    from runtime import words

    theirs, ours = set(), set()
    for catalogue in words.catalogues():
        for entry in polib.pofile(str(catalogue)):
            english = [entry.msgid, *([entry.msgid_plural] if entry.msgid_plural else [])]
            vietnamese = [text for text in [entry.msgstr, *entry.msgstr_plural.values()] if text]
            theirs.update(english if language == "vi" else vietnamese)
            ours.update(vietnamese if language == "vi" else english)
    clean = {" ".join(text.split()) for text in theirs - ours}
    gaps = {text for text in clean if PLACEHOLDER.search(text)}
    patterns = []
    for text in gaps:
        literal = PLACEHOLDER.split(text)
        if sum(len(re.findall(r"[^\W\d_]", part)) for part in literal) >= 8:  # "{a} · {b}" fits everything
            patterns.append(".+".join(re.escape(part) for part in literal))
    return frozenset(clean - gaps), re.compile("^(?:" + "|".join(patterns or ["(?!)"]) + ")$")


def _axe(tab: Any, within: str) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab, context=within or None, options=FINE).response["violations"]
    return [
        f"axe {one['id']}: {one['nodes'][0]['html'][:140]} ({len(one['nodes'])}×)"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
