"""Which turns of phrase judge somebody, whoever it is?"""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import phrases

IDIOMS = phrases(
    """
    could try reading | could try running | could try testing | could try checking |
    a blind eye | a lot to answer for | against better judgement | against his better | against their better |
    all he had to do | all she had to do | all they had to do | all we had to do | amateur hour | apparently no-one |
    apparently nobody | apparently somebody | apparently someone | as usual , | asleep at the wheel |
    asleep on the job | basic competence | bear the blame | bears full responsibility |
    bears responsibility for this | bears the blame | because why not | been dealt with | been spoken to |
    been talked to | beggars belief | beginner 's mistake | between keyboard | big brain | brain fart | bright idea |
    ca n't believe | can n't believe | can not believe | careless mistake | chair and keyboard |
    chair and the keyboard | clearly no-one | clearly nobody | common sense | corners were cut |
    could n't be bothered | deserves the blame | did not think it through | do better next |
    does n't know how to | dozed off | dropped the ball | dumb idea | dumb mistake | dumb move | dumb thing |
    employee of the month | explain herself | explain himself | explain themselves | eye off the ball |
    eyes off the ball | face consequences | face the consequences | facepalm | faces consequences | fat finger |
    fat fingers | fat-finger error | fell asleep | finger trouble | for no good reason | galaxy brain | go figure |
    gold star | guess who | guesswork | gut feeling | had no business | had no clue | had no idea how | had one job |
    hand in the cookie jar | hard to believe | has no business | has no clue | has no idea how | heads should roll |
    heads will roll | her feet | his feet | how hard can | how hard is it | how on earth | in over her head |
    in over his head | in over their heads | in their right mind | inexcusable | it again , did n't | its feet |
    keyboard and chair | keyboard and the chair | knew better | know any better | layer 8 | lost focus |
    lost his nerve | lost interest | lost track | mea culpa | must be nice |
    n't know what he was doing | n't know what she was doing | n't know what they were doing | n't think it through |
    n't thinking | name and shame | next time , think | no attention was paid | no care was taken | no clue how |
    no effort was made | no excuse | no idea what he | no idea what she | no idea what they | no surprise there |
    no thought was given | nodded off | not cut out for | not know what he was doing |
    not know what she was doing | not know what they were doing | not thinking straight | not up to it |
    not up to the job | not up to the task | obviously no-one | obviously nobody | of course nobody | on a hunch |
    on a whim | on earth did | on earth would | on her watch | on his watch | on my watch | on our watch |
    on their watch | only herself to blame | only himself to blame | only themselves to blame | ought to have known |
    our bad | out of her depth | out of his depth | out of their depth | owes us | own up | phoned it in |
    playing with fire | point the finger | points the finger | pure carelessness | rocket science | rookie error |
    rookie mistake | schoolboy error | shame on | should know better | silly mistake | silly thing | so hard to |
    stop to think | stupid decision | stupid idea | stupid mistake | stupid move | stupid thing |
    surprise , surprise | take full responsibility | takes full responsibility | takes the blame |
    that is what happens when | the error was mine | the fault is mine | the fault is ours | the fault was mine |
    the fault was ours | the mistake was mine | the mistake was ours | the weak link | the weakest link | their feet |
    think before | think twice | this is what happens when | to answer for | to save time | told off |
    two left hands | typical of | unforgivable | was a bad call | was a bad decision | was a bad idea |
    was a big mistake | was a mistake | was a poor decision | was behind the outage | was he thinking |
    was she thinking | was spoken to | was thinking of something else | were spoken to | were they thinking |
    what a genius | what you get when | is what happens when | what a surprise | wing it | winged it |
    winging it | without a second thought |
    would it have killed | would it kill
    """
)
"""Turns of phrase that judge somebody, whoever it is; words as the tokens are: one blank between, `n't` apart."""
