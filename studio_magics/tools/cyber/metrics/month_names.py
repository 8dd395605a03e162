"""Names of months as ticket systems write them in several languages."""

from collections.abc import Mapping

_WORDS = {
    1: "jan january januar janeiro janv janvier ene enero gen gennaio januari",
    2: "feb february februar fevereiro fev fév févr février fevr febrero febbraio februari",
    3: "mar march mär märz mrz maerz mars março marco marzo mrt maart marts",
    4: "apr april avr avril abr abril aprile",
    5: "may mai mayo maio mag maggio mei maj",
    6: "jun june juni juin junio junho giu giugno",
    7: "jul july juli juil juillet julio julho lug luglio",
    8: "aug august août aout ago agosto augustus augusti",
    9: "sep sept september septembre septiembre set setembro settembre",
    10: "oct october okt oktober octobre octubre out outubro ott ottobre",
    11: "nov november novembre noviembre novembro",
    12: "dec december dez dezember déc décembre dic diciembre dicembre dezembro des desember",
}
MONTHS: Mapping[str, int] = {word: number for number, words in _WORDS.items() for word in words.split()}
"""Word in small letters → month: English, German, French, Spanish, Portuguese, Italian, Dutch, Nordic."""
