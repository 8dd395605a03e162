"""Turns the words after a verb into positions and options; everything unknown gets a suggestion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio_magics.client.refusals import UsageRefused, did_you_mean
from studio_magics.magics.meaning import no_verb
from studio_magics.magics.verbs import VERBS, Verb
from studio_magics.magics.words import Word


@dataclass(frozen=True)
class Taken:
    """What an option takes: nothing, one word, or all words up to the next option."""

    many: bool = False
    flag: bool = False


@dataclass
class Parsed:
    """The words in their roles."""

    places: list[Word] = field(default_factory=list[Word])
    options: dict[str, list[Word]] = field(default_factory=dict[str, list[Word]])

    def text(self, option: str) -> str | None:
        """The last value of an option, or None."""
        words = self.options.get(option)
        return words[-1].text if words else None

    def number(self, option: str) -> int | None:
        """The value of an option as a whole number.

        Raises:
            UsageRefused: It is something else.
        """
        text = self.text(option)
        if text is None:
            return None
        if not text.isdecimal():
            raise UsageRefused(f"--{option} takes a whole number, not '{text}'.", action=f"--{option} 10")
        return int(text)

    def has(self, flag: str) -> bool:
        """Whether a flag was given."""
        return flag in self.options


def verb_of(words: Sequence[Word]) -> tuple[str, Verb, Sequence[Word]]:
    """The verb, its record, and the words after it; no verb is the balance.

    Raises:
        UsageRefused: There is no such verb.
    """
    if not words or words[0].is_option:
        return "", VERBS[""], words
    name = words[0].text
    if name not in VERBS:
        raise no_verb(name)
    return name, VERBS[name], words[1:]


def parse(verb: str, words: Sequence[Word], options: Mapping[str, Taken]) -> Parsed:
    """Give every word its role.

    Raises:
        UsageRefused: An option is unknown or lacks its value, or a flag has one.
    """
    parsed, position = Parsed(), 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.is_option or (word.quoted and "=" not in word.text):
            parsed.places.append(word)
            continue
        name, equals, value = word.text[2:].partition("=")
        taken = _known(verb, name, options)
        given = [Word(value, word.quoted)] if equals else []
        if not equals and not taken.flag:
            given = _values(words[position:], taken)
            position += len(given)
        _check(name, given, taken)
        parsed.options.setdefault(name, []).extend(given)
    return parsed


def plain_options(verb: Verb) -> dict[str, Taken]:
    """The verb's own options."""
    return {name: Taken(flag=not takes) for name, takes in verb.options.items()}


def check_places(name: str, verb: Verb, parsed: Parsed) -> None:
    """Refuse missing and surplus words.

    Raises:
        UsageRefused: With the usage of the verb.
    """
    needed = [place for place in verb.places if not place.startswith("[")]
    usage = f"%studio {verb.usage}".strip()
    if len(parsed.places) < len(needed):
        missing = needed[len(parsed.places)]
        article = "an" if missing[0] in "aeiou" else "a"
        raise UsageRefused(f"%studio {name} needs {article} {missing}.", action=usage)
    if any(place.endswith("…]") for place in verb.places):
        return
    if len(parsed.places) > len(verb.places):
        surplus = parsed.places[len(verb.places)].text
        raise UsageRefused(
            f"%studio {name} does not know what to do with '{surplus}'.".replace("  ", " "), action=usage
        )


def _known(verb: str, name: str, options: Mapping[str, Taken]) -> Taken:
    if name in options:
        return options[name]
    close = did_you_mean(name, list(options))
    names = ", ".join(f"--{option}" for option in options)
    action = f"did you mean --{close[0]}?" if close else (f"options: {names}" if names else "leave it out")
    raise UsageRefused(f"%studio {verb} has no option '--{name}'.".replace("  ", " "), action=action)


def _values(rest: Sequence[Word], taken: Taken) -> list[Word]:
    values: list[Word] = []
    for word in rest:
        if word.is_option and not word.quoted:
            break
        values.append(word)
        if not taken.many:
            break
    return values


def _check(name: str, given: Sequence[Word], taken: Taken) -> None:
    if taken.flag:
        if given and given[0].text.lower() not in ("yes", "no", "true", "false"):
            raise UsageRefused(f"--{name} is a switch; it takes no '{given[0].text}'.", action=f"--{name}")
    elif not given:
        raise UsageRefused(f"--{name} needs a value.", action=f"--{name} VALUE")
