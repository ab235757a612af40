"""Which values does a vocabulary hold? The built-in lists of codes, and a plan's own."""

from __future__ import annotations

from cleanroom.core.contract import Plan

_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

_CURRENCIES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
USN UYI UYU UYW UZS VED VES VND VUV WST YER ZAR ZMW ZWG
"""

_BEHIND_X = "AD AF AG AU BA BB BC BD CD CG DR OF PD PF PT SU TS UA XX"
"""Codes that belong to no country begin with X: metals, units of account, testing, no currency."""

COUNTRIES: tuple[str, ...] = tuple(_COUNTRIES.split())
"""The 249 officially assigned codes of ISO 3166-1 alpha-2, as of 2026. Upper case, as the standard writes them."""

CURRENCIES: tuple[str, ...] = tuple(sorted((*_CURRENCIES.split(), *(f"X{rest}" for rest in _BEHIND_X.split()))))
"""The 178 codes of ISO 4217 list one (currencies and funds in force), as of 2026: without BGN, ANG, HRK and ZWL, which ended."""

_BUILT_IN = {"iso-3166-1-alpha-2": COUNTRIES, "iso-4217": CURRENCIES}

BUILT_IN_NAMES: tuple[str, ...] = tuple(_BUILT_IN)
"""The names that every plan may use without declaring them."""


def built_in(name: str) -> tuple[str, ...] | None:
    """The values of a built-in vocabulary; None when there is none of that name."""
    return _BUILT_IN.get(name)


def vocabulary(plan: Plan, name: str) -> tuple[str, ...] | None:
    """The values of the vocabulary `name`: a built-in one, else the plan's own; None when neither has it."""
    known = _BUILT_IN.get(name)
    if known is not None:
        return known
    return next((v.values for v in plan.vocabularies if v.name == name), None)
