"""Which verbs are a fault of whoever does them, where a person does?"""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import word_set

UNWISE = word_set(
    """
    cave dither waver brag boast gloat bicker quarrel squabble loiter improvise fiddle tamper interfere bumble
    stumble flounder flail whine moan sulk scoff sneer ridicule mock belittle deride misconstrue misinform deceive
    fib fabricate fudge falsify whitewash hoard resist obstruct balk snub spurn scorn rebuff discount transgress
    bully browbeat coerce badger scapegoat fritter loaf doze daydream nap presume jump presuppose outsmart bulldoze
    railroad strong-arm steamroll barge blurt misallocate misconceive misread mistype misfile misidentify misreport
    misrepresent miscommunicate misremember miscount mis-click mis-key mis-select overpromise overstep overshoot
    overthink oversell oversimplify undertest underprepare underdeliver flunk bluff grandstand nitpick posture
    stampede disrespect disdain neglect backpedal backtrack sandbag bluster bellyache gawk twiddle fumble flub botch
    whiff muff bungle blab leak gossip gripe connive collude capitulate succumb relent bodge kludge jury-rig
    overengineer over-engineer overcommit overextend overindulge malign misbehave misstep pander play-act renege
    goof-off hurtle careen blunder meddle idle underplay overplay overlook trivialize trivialise downplay pooh-pooh
    second-guess stonewall filibuster shrug
    """
)
"""Nobody does these well."""
