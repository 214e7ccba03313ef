"""argparse in French. Source: the sentences of CPython 3.11 to 3.14 that a person who types can meet."""

from __future__ import annotations

import argparse
import gettext

_SENTENCES = {
    "usage: ": "usage : ",
    "positional arguments": "arguments",
    "options": "options",
    "show this help message and exit": "montrer cette aide et finir",
    "show program's version number and exit": "dire la version et finir",
    "argument %(argument_name)s: %(message)s": "argument %(argument_name)s : %(message)s",
    "expected one argument": "veut une valeur",
    "expected at most one argument": "veut une valeur au plus",
    "expected at least one argument": "veut une valeur au moins",
    "expected %s argument": "veut %s valeur",
    "expected %s arguments": "veut %s valeurs",
    "ignored explicit argument %r": "ne prend pas de valeur (%r)",
    "not allowed with argument %s": "ne va pas avec %s",
    "one of the arguments %s is required": "il faut l'un de : %s",
    "the following arguments are required: %s": "il manque : %s",
    "unrecognized arguments: %s": "arguments inconnus : %s",
    "ambiguous option: %(option)s could match %(matches)s": "option ambiguë : %(option)s peut être %(matches)s",
    "unexpected option string: %s": "option inattendue : %s",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r n'est pas un choix (parmi %(choices)s)",
    "invalid %(type)s value: %(value)r": "%(value)r ne convient pas (%(type)s)",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "%(parser_name)r est inconnu (choix : %(choices)s)",
}


def speak() -> None:
    """From now on argparse says its sentences in French; those it says to programmers stay as they are."""
    vars(argparse)["_"] = lambda text: _SENTENCES.get(text, text)
    vars(argparse)["ngettext"] = lambda one, many, n: _SENTENCES.get(
        one if n < 2 else many, gettext.ngettext(one, many, n)
    )
