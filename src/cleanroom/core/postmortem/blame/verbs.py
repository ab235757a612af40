"""What does each verb say of the one who did it? Classes of verbs, and every form that they take."""

from __future__ import annotations

import re

from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.verbs_of_fault import UNWISE

IRREGULAR = {
    "break": "broke broken",
    "forget": "forgot forgotten",
    "let": "let let",
    "leave": "left left",
    "lose": "lost lost",
    "take": "took taken",
    "bring": "brought brought",
    "blow": "blew blown",
    "make": "made made",
    "do": "did done",
    "go": "went gone",
    "know": "knew known",
    "see": "saw seen",
    "hear": "heard heard",
    "tell": "told told",
    "read": "read read",
    "run": "ran run",
    "write": "wrote written",
    "send": "sent sent",
    "put": "put put",
    "set": "set set",
    "shut": "shut shut",
    "cut": "cut cut",
    "choose": "chose chosen",
    "catch": "caught caught",
    "think": "thought thought",
    "sleep": "slept slept",
    "oversleep": "overslept overslept",
    "give": "gave given",
    "get": "got gotten",
    "keep": "kept kept",
    "find": "found found",
    "hold": "held held",
    "begin": "began begun",
    "come": "came come",
    "say": "said said",
    "feel": "felt felt",
    "pay": "paid paid",
    "spend": "spent spent",
    "teach": "taught taught",
    "wake": "woke woken",
    "show": "showed shown",
    "throw": "threw thrown",
    "ride": "rode ridden",
    "rise": "rose risen",
    "fall": "fell fallen",
    "grow": "grew grown",
    "speak": "spoke spoken",
    "stand": "stood stood",
    "understand": "understood understood",
    "misunderstand": "misunderstood misunderstood",
    "misread": "misread misread",
    "win": "won won",
    "build": "built built",
    "buy": "bought bought",
    "draw": "drew drawn",
    "drive": "drove driven",
    "hide": "hid hidden",
    "lead": "led led",
    "ring": "rang rung",
    "sell": "sold sold",
    "shake": "shook shaken",
    "sink": "sank sunk",
    "steal": "stole stolen",
    "strike": "struck struck",
    "swear": "swore sworn",
    "eat": "ate eaten",
    "meet": "met met",
    "cost": "cost cost",
    "hit": "hit hit",
    "hurt": "hurt hurt",
    "overwrite": "overwrote overwritten",
    "undo": "undid undone",
    "withdraw": "withdrew withdrawn",
    "freeze": "froze frozen",
    "quit": "quit quit",
    "wear": "wore worn",
    "mistake": "mistook mistaken",
    "reset": "reset reset",
    "rerun": "reran rerun",
    "split": "split split",
    "overrun": "overran overrun",
    "rewrite": "rewrote rewritten",
    "spread": "spread spread",
    "arise": "arose arisen",
    "become": "became become",
    "panic": "panicked panicked",
    "override": "overrode overridden",
    "sit": "sat sat",
    "tear": "tore torn",
}
"""Lemma -> its past and its participle."""

_DOUBLING = word_set("omit commit submit admit unplug")
"""Of more than one syllable, and they double their last letter; for those of one see _SHORT."""

_DOUBLING_ING = word_set("run put set shut cut let get sit quit hit")
"""Irregular ones that double it before -ing."""

HARM = word_set(
    """
    break nuke brick ruin wreck botch bungle sabotage trash hose bork corrupt destroy clobber mangle mishandle
    misconfigure
    mistype misread misunderstand misjudge miscalculate misinterpret misapply fumble fuck cripple jeopardise
    jeopardize tank
    derail blunder err leak crash damage lose contaminate compromise worsen aggravate exacerbate prolong panic wreak
    overload
    flood endanger hurt goof muck foul misplace mislabel mislabelled butcher underestimate mismanage misroute miskey
    misspell
    fat-finger fatfinger misdiagnose mistake torpedo obliterate vandalise vandalize miscopy mis-set misuse
    screw mess
    disrupt stall overwhelm swamp spam exhaust confuse conflate overcharge misinform mislead misdirect mistime
    misclick mis-click
    meddle tinker gamble guess dither hesitate overreact lie cheat rush hurry sink undermine misplan overestimate
    mixup
    misremember overcomplicate misspecify misapprehend double-charge waste squander spoil jumble muddle admit confess
    insist pressure overrule veto
    scramble
    """
)
"""Damage, whoever does it: blame where a person does."""

WANT_OBJECT = word_set(
    "cause trigger introduce create produce make commit provoke write bring inject cost ship push merge add"
)
"""Harm where the object is a bad noun: caused the outage, introduced the bug."""

DESTROY = word_set(
    "delete wipe erase drop overwrite purge truncate remove disable deactivate unplug expose publish kill zap "
    "terminate override "
)
"""Ordinary work, unless what it hit was live, wrong or a guard."""

OMIT = word_set(
    """
    forget neglect ignore overlook skip omit disregard bypass dismiss miss rubber-stamp rubberstamp flout violate
    disobey breach
    shirk downplay circumvent oversleep procrastinate sidestep refuse fail dawdle slack gloss ghost dodge conceal
    withhold hide
    snooze deprioritise deprioritize underplay abandon evade defy stonewall trivialise trivialize
    """
)
"""What a person did not do, or would not."""

HUMAN_OMIT = word_set(
    "ghost stonewall forget neglect rubber-stamp rubberstamp flout shirk oversleep procrastinate disobey dawdle "
    "disregard "
)

INTRODUCE = word_set(
    """
    deploy push merge ship release publish approve commit write enter upload roll promote select choose type run edit
    flip use
    apply set load send configure copy paste import click pick restart change update put install enable start execute
    sign
    implement migrate switch activate accept launch reboot rename modify delete drop remove disable wipe turn kill
    point move
    rush force upgrade order open tweak authorise authorize assign mark pass submit green-light greenlight
    
    pipe route connect hardcode hard-code add give patch revert rebase cherry-pick overwrite hotfix
    """
)
"""Ordinary work, unless what was put into the world was bad, or put there without care."""

DUTY = word_set(
    """
    check test read verify run follow review notice look tell ask inform escalate answer respond acknowledge document
    update
    communicate validate monitor consider think care act listen confirm consult warn notify pay realise realize do
    report
    investigate inspect watch try bother double-check doublecheck examine question recognise recognize spot heed flag
    raise rotate
    coordinate announce prepare rehearse study measure compare write add take catch wait stop clean secure react reply
    handle
    understand fix remember anticipate observe open use apply plan set turn disable back include complete finish make
    speak
    challenge prevent avoid detect roll call-out restore keep maintain get involve share know complain learn follow-up
    """
)
"""What a person is expected to do."""

TALKED = word_set(
    """
    discuss investigate describe explain explore examine analyse analyze review mention ask look debug trace inspect
    study
    search read list compare reproduce test check count label sort collect record catalogue know think talk mean need
    want expect
    restore repair correct replace fix revert undo remove delete block stop pause isolate quarantine disable drain
    hunt chase
    own track fight handle face avoid prevent refuse reject decline roll purge clean filter report raise escalate file
    log open
    point call page spend try hear mitigate address resolve rule refund warn tell reindex re-index rerun receive
    inherit
    """
)
"""What is done about a bad thing, and not with it."""

NOTICE = word_set(
    "notice see realise realize respond spot acknowledge recognise recognize react detect catch know understand hear"
)
"""What a person does only where the system lets them."""

CATCH = word_set(
    "catch avoid prevent notice check stop see ask know test spot read verify review realise realize detect "
    "escalate raise warn "
    "say tell look think do wait roll act flag question investigate respond mitigate recognise recognize "
    "anticipate pick "
)
"""What somebody `could have` done, in hindsight."""

PERCEIVE = word_set(
    "notice see find report receive get spot identify discover correct fix revert remove replace detect fire "
    "catch flag return "
    "show produce display contain have serve generate yield undo rollback delete suspect isolate quarantine "
    "refund know believe "
    "prove confirm trace hear describe explain document"
)
"""Verbs that may have a bad object and still do no harm."""

PUNISH = word_set(
    "retrain reprimand fire discipline punish sanction penalise penalize warn coach suspend dismiss admonish "
    "censure demote "
    "replace rebuke scold caution sack reeducate re-educate re-train chastise remind oust"
)
KNOWING = word_set("know see hear warn tell notice read inform")
DECIDING = frozenset({"choose", "decide", "elect", "opt", "prefer"})
CHOOSING = DECIDING | word_set("manage continue tend dare proceed start begin keep want seem happen")
NEUTRAL = word_set(
    """
    acknowledge brush shrug wave sweep nod laugh phone fly say feel begin need lack assume presume tend enable rest
    stem belong come find hold keep give get go
    sit spend teach wake show throw rise fall grow speak stand win
    build buy draw drive hide lead ring sell shake sink steal strike swear eat meet cost hit undo withdraw freeze quit
    wear
    rewrite reset rerun split overrun spread arise become underline tear ride cut shut leave let take blow knock sleep
    hurt
    adhere comply die decline melt vanish slide chatter pray sign
    choose call want believe trust continue serve return retry report
    """
)

_CLASSES = (
    *(HARM, UNWISE, WANT_OBJECT, DESTROY, OMIT, INTRODUCE, DUTY, PUNISH),
    *(NEUTRAL, PERCEIVE, NOTICE, CATCH, KNOWING, CHOOSING, frozenset(IRREGULAR)),
)
_VOWELS = "aeiou"
_SHORT = re.compile(r"[^aeiou]+[aeiou][bdgklmnprtz]")
"""One syllable that doubles its last letter: spot, drag."""


def forms(lemma: str) -> dict[str, str]:
    """Every form of a verb and its kind: base, s, past or ing (a participle that differs counts as past)."""
    found = {lemma: "base"}
    ends_e = lemma.endswith("e")
    doubled = lemma in _DOUBLING or _SHORT.fullmatch(lemma) is not None
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        found[lemma[:-1] + "ies"] = "s"
        past = lemma[:-1] + "ied"
    else:
        found[lemma + ("es" if lemma.endswith(("s", "x", "ch", "sh", "z", "o")) else "s")] = "s"
        past = lemma + ("d" if ends_e else (lemma[-1] + "ed" if doubled else "ed"))
    stem = lemma + lemma[-1] if doubled or lemma in _DOUBLING_ING else lemma
    found[(stem[:-1] if ends_e and not lemma.endswith("ee") else stem) + "ing"] = "ing"
    if lemma.endswith(("el", "al")) and lemma not in IRREGULAR:  # both spellings: mislabeled, mislabelled
        found |= {lemma + "led": "past", lemma + "ling": "ing"}
    for word in IRREGULAR.get(lemma, past).split():
        found[word] = "past" if word != lemma else "base"
    return found


def _all_forms() -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for lemma in sorted(frozenset().union(*_CLASSES)):
        for word, kind in forms(lemma).items():
            table.setdefault(word, (lemma, kind))
    return table


FORMS = _all_forms()
"""Every form -> (lemma, kind)."""

SAME_PAST = frozenset(lemma for lemma, words in IRREGULAR.items() if words.split()[0] == lemma)
"""Verbs whose past looks like their present: put, set, let, cut, read."""
