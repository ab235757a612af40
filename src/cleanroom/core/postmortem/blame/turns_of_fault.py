"""Which turns of phrase lay the cause on a person, or say what is wrong with one? See turns.py for how they are written."""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import phrases

CAUSE = phrases(
    """
    finger/fingers point to/at/towards N | point ?OWN/the finger at | point ?a/the ?accusing finger |
    lay/put/place/leave ?_ ?_ at the/OWN door/feet/doorstep | lay/put/place ?_ ?_ at OWN door/feet/doorstep |
    lie/land/sit ?squarely at OWN door/feet/doorstep | lie/land/sit at the door/feet/doorstep of | laid at the
    door/feet/doorstep of | blood on the hands of | blood be on | have blood on | be on OWN
    head/conscience/shoulders | on the head/conscience/shoulders of N | a/the lot/much/plenty to answer for |
    something to answer for | guilty party | guilty parties | guilty one/ones | the
    one/person/man/woman/people/folk/folks/party/name to blame | the one/person/man/woman/people/folk/folks/name to
    thank | know/see who to blame | we/you all/both know who | know who I/P mean | no prize for guess | not name
    any/no name | naming no names | certain/some people/person/individual/individuals who shall remain nameless |
    remain nameless | shall be nameless | to look further/far than N | look no further/farther than N | need not
    look far than N | the author/authors of the/this/our/their/his/her
    mess/disaster/misery/outage/incident/fiasco/trouble | of OWN own make | bring ?this/it ?_ on/upon SELF | N bring
    ?this/it ?all on | boil/come ?all ?right down to N $ | boil/come ?all ?right down to N not | boil/come ?all
    ?right down to N have | boil/come down to OWN | trace/track ?_ ?_ back ?to OWN ?_ ?_
    error/mistake/failure/negligence/decision | trace/track/pin ?_ ?_ ?down ?back to N | go back to OWN ?_ ?_
    decision/choice/mistake/error | occasion/cause by that/this/such/their/his/her
    conduct/behaviour/behavior/negligence/act/omission/misconduct/inattention | the/OWN conduct of N be | be the/OWN
    sole/main/primary/root/direct/real/only/prime cause be N | the buck stop with | buck stops | pass the buck |
    hang/pin this/it/that/the/one/blame ?_ ?_ ?_ on N | pin/hang the ?_ ?_ on N | pin/hang on N | chalk/put ?it/this
    ?all up/down to OWN | chalk up to P | scapegoat | be all N $ | be all N 's doing | be it not for OWN | have it
    not be for OWN | but for OWN | be it not for N $ | if it be not for OWN ?_
    impatience/haste/carelessness/negligence/mistake/laziness/stubbornness/curiosity/ego | OWN handiwork | OWN
    bright/brilliant/great/genius/clever idea | brainchild of N | OWN brainchild | OWN masterpiece | the/OWN
    handiwork of N | brought to you by N | brought to us by N | come courtesy of N | curtesy/courtesy of OWN |
    care/compliment/compliments of N | N strike again | N be at it again | N do it again | do a/an N again |
    typical/classic/vintage N $ | good old N | pull a/an N $ | trademark N | the common denominator/factor be N | N
    be the common denominator/factor | N be the weak/weakest/missing link | N be the reason ?that/why ?_ ?_
    we/this/it/the/users/customers | N be the ?_ ?_ culprit/problem/cause/offender/liability | N be ?a ?the ?_
    ?walking/ticking/own liability/disaster/timebomb/hazard/menace/danger | the ?_
    problem/issue/weakness/trouble/risk/cause/culprit/fault/failure here/there be N | the ?real ?actual ?biggest
    ?main problem/issue/trouble/culprit/weakness sit between | problem exist/exists between | between chair/keyboard
    | between the chair/keyboard | behind the keyboard | in front of the keyboard/screen/monitor/computer/terminal |
    from the keyboard of | at the hand of N | at the hands of N | in the hands of an/a ?_ ?_ N | slip/slips of
    the/a/OWN finger/hand/pen/tongue/keyboard/mouse | ?the mistake/error/fault/failure/blame/responsibility/guilt ?_
    ?_ lie/rest/belong/sit/fall/remain ?_ ?_ with/on/to N | ?the
    mistake/error/fault/failure/blame/responsibility/guilt be ?_ ?_ with/on/to N | blame be N 's | blame/fault be
    mine/ours/his/hers/theirs | fault be to be search/find/seek/look/sought in | be to be seek/sought/search/look
    in/with N | be to be find with N | the ?_ human be/remain the ?_ ?_ cause/problem/link/factor/weakness | human
    be the ?_ ?_ cause/problem/link/factor/weakness | human/personal/individual/personnel
    factor/failing/failure/failings/fallibility/weakness/inattention/incompetence/mishandling | N and N alone | N
    alone be/have | by N alone | with N alone | all because N | all because of N | only because N | all thank/thanks
    to N | thank/thanks to N and OWN | thank/thanks to the/a/some/one ?_ ?_
    clever/brilliant/genius/careless/lazy/smart/bright | take/bear/carry/shoulder/get/deserve ?_ ?_ ?_ blame ?_ ?for
    | take/bear/carry/shoulder/accept ?_ ?_ responsibility/blame/accountability for this/it/the/what/that/my/our ?_
    ?_ ?_ outage/incident/mess/mistake/failure/error/bug/loss/downtime/breach/leak/this/it/that/what/disaster | I/P
    own this/it one | be ?entirely ?all ?squarely ?solely on me/us/him/her/them $ | be ?entirely ?all ?squarely
    ?solely down to N $ | that/it be ?all me $ | that/it be ?entirely N 's doing | my own doing | no/zero one to
    blame but | nobody to blame but | only SELF to blame | only have SELF to blame | have only SELF to blame | have
    no-one but SELF | no-one but SELF | blame SELF | N let/leave this/it happen | N allow/let this/that/it to happen
    | N make this/it happen | N cost us/the | N be what/who cost | cost us N | be the
    work/doing/fault/result/consequence/product/outcome/legacy of ?one/a/an/some N |
    follow/result/arise/flow/flows/come/stem/originate directly/straight/entirely ?_ from N |
    come/result/stem/arise/originate/originated from N GUESSING | because/since/as N can/could not be bothered | N
    can/could not be bothered | N can/could not be arsed | be N who/that ?have
    break/cause/ruin/delete/drop/wipe/forget/ignore/leave/misread/approve/let/turn/disable/skip/mistype | be N 's
    doing | be N 's fault | credit where it be due , N | a/one ?_ ?single N 's
    mistake/error/action/click/typo/carelessness | have N to thank | have N to blame | can thank N | may thank N |
    accuse N of | hold N responsible/accountable/liable | hold N ?_ ?_ to account | lead ?_ ?straight/directly ?back
    to N $ | trail lead ?_ ?_ to N | all road/roads lead to N | every road lead to N | smoking gun | N 's
    fingerprint/fingerprints/dna/name be ?all on/over | OWN fingerprint/fingerprints ?be ?all on/over |
    fingerprint/fingerprints of N | whodunit/whodunnit | explain by OWN |
    consequence/result/product/outcome/fruit/legacy/upshot/effect of ?_
    decision/decisions/choice/choices/action/actions/mistake/error/errors take/make by N |
    consequence/result/product/outcome/fruit/legacy/upshot of OWN | direct consequence of N | self-inflicted |
    originate/originated/start/begin with N | start/begin/go wrong when/because/once N | trouble/problem/problems/it
    start/begin when/because N | ?it all start/begin when/because N | start/begin the moment/minute/day N |
    reflect/reflects badly on N | have a name , and | and it be N $ | and ?it ?that be N 's $ | the N responsible
    be/have | the N in question | the N concerned | N in question | in/from/of the chair of N | culture of
    carelessness/blame/complacency/negligence/sloppiness | obsession/fixation with/on | OWN FONDNESS with/on/of/for
    | have a/OWN/this ?_ ?bad habit of | make a habit of | catch up with N | bite/bit us | pay the price | pay for
    it | bite/bit him/her/them | come back to bite/haunt | come home to roost |
    wrong/insufficient/inadequate/improper/incorrect/erroneous/faulty/careless/poor/late/hasty/missing/belated ?_ _
    by/of N | anyone/anybody/everyone/everybody but N | nobody/nothing force/make/ask/tell N to | at/on the whim of
    | at HIS whim | be fine/ok/okay/correct/sound/clear/perfect/flawless/good/adequate/right/blameless/loud **
    ,/;/:/. ** P ?** not $ | be fine/ok/okay/correct/sound/clear/perfect/flawless/good/adequate/right/loud ** the
    response/reaction/handling/execution be not $ | do/work HIS job ,/;/. ** P ** not | work/works/do ** , P do not
    | ^ it/that be N $ | be not the _ ?_ ?_ ,/;/. ** it be N | not the _ ?_ but the/OWN ?_ N | not the _ ?_ but N |
    ^ not the _ ** but N | with the same name on | same name on it | every/each/all/another/third/second
    incident/outage/time/failure ** involve N | track record | repeat/serial/habitual offender/offenders | have form
    | speak for itself | another ** courtesy of N | what ** be OWN
    decision/choice/mistake/error/haste/failure/click/typo/edit/habit/refusal/neglect/carelessness/guess | what
    cause/break/bring/trigger/hurt/kill/cost/doom/sink ** be N | none other than | chain of event/events start/begin
    when/with N | start/begin when/with N | avoid/prevent by N $ | avoid/prevent by a/an/any ?_ ?_ more~/better~ |
    work/works/fine/well/flawless ,/;/:/but ?it ?be N ** not $ | the
    rubber-stamping/ignore/neglect/dismissal/disregard/mishandling/misreading/botching/skip of ** by |
    rubber-stamping of | go/pass unnotice/undetected by N | oil/fuel/petrol/gasoline on/to/into the
    fire/flame/flames | how little/badly/poorly/carelessly N | ball be drop | ball be ?_ fumble | happen on OWN
    shift/watch/turn | lie ?squarely in OWN lap/court/hands | ?it be ?_ predictable/inevitable that N | be the ?_ _
    time ?_ ?_ ?_ that N | not ?be ?for the first time ?, ?that N | let P not pretend | only have come from N | N
    own the/this/my/that ?_ mistake/error/outage/failure/blunder/mess/incident | look at who
    """
)
"""Who it was."""

SHORTCOMING = phrases(
    """
    P be catch napping | P be catch asleep | catch with HIS pant/pants/trousers down | catch flat-footed |
    flat-footed | asleep at the | asleep on the | sleep at the wheel/switch/helm/console | sleep on the
    job/shift/watch | P 's watch | on OWN watch | under OWN watch/nose/eyes | right under the nose/noses/eyes of |
    under the/OWN nose/noses/eyes of | stare/stared/staring P in the face | in plain sight/view | in black and white
    | for all to see | for anyone to see | in ?big ?red ?bold ?capital letter/letters | plain/clear as day |
    clear/obvious to anyone/everyone/anybody/everybody | any fool can/could | a blind man/person | eye/eyes off the
    | take HIS eye/eyes | head/heads in the sand/clouds | HIS head/mind/thoughts be elsewhere | HIS head/mind
    elsewhere | HIS mind be on | HIS mind wander | P 's mind/head be/wander elsewhere | HIS attention be elsewhere |
    HIS attention wander/lapse/slip/drift | HIS mind drift/wander | P 's attention be/slip/lapse/wander/drift ?_
    elsewhere | not paying ?any ?enough ?proper ?full ?close attention | with half an eye/ear | with only half an
    eye/ear | half a mind | P be miles away | be daydreaming | be on autopilot | on autopilot | with HIS eyes
    closed/shut | with eyes closed/shut | eyes half-closed | blindfold | P lose the plot/nerve/head/cool/thread | P
    lose HIS nerve/head/cool/way/temper/patience/grip | take leave of HIS | out of HIS mind/senses | not in HIS
    right mind | P go to pieces | P crack under | P fold under | P choke/choked $ | P choke/choked under/when/on | P
    be out of HIS | P be in over | P be way in over | in over HIS head | way over HIS head | beyond HIS
    competence/ability/skill/skills/depth | be not up to ?the/it/HIS | P be no match for | be not
    fit/cut/made/qualified/competent/capable to/for/out/of | P be less than
    careful/thorough/diligent/competent/professional/honest/candid/vigilant/attentive | be anything but
    careful/thorough/diligent/competent/professional/vigilant/attentive | be far from
    careful/thorough/diligent/competent/professional/vigilant/attentive | no model/paragon of | not a model/paragon
    of | not P 's finest/best/proudest hour/moment/work/day/showing | not HIS finest/best/proudest
    hour/moment/work/day/showing | not our finest | leave ?a ?something ?lot/much ?a to be desire/desired | leave
    something/much/plenty/lots to be desired/desire | P fall/come ?well ?far short | fall down on the job | fall
    asleep/short at/on/of | be find wanting | be wanting | P could/might have try ?a ?bit/little harder |
    could/might have do/handle better | P do/have a/HIS poor/bad/terrible/lousy/sloppy job | do a ?_ ?_
    poor/bad/terrible/lousy/sloppy/half-hearted/half-baked/shoddy/botched job | make a/an ?_ ?_
    hash/mess/pig/dog/meal/botch/muddle/fool/fiasco/travesty/mockery of | make fools of |
    balls/cock/stuff/foul/muck/louse/goof/mess/screw ?it ?this ?things ?_ up | drop a clanger | P let the side | let
    ?_ ?_ ?_ side down | let us/everybody/everyone/them ?all down | let P/OWN ?_
    customer/customers/users/patients/clients/team/colleagues/company/people ?all down | let down by N | be let down
    by N | P let P down | P blow it | P muff/flub/whiff/fluff | P bungle | P botch | put HIS foot in | shoot/shot
    SELF in | shoot/shot P in the foot | shoot/shot from the hip | jump the gun | bite/bit off more | throw
    ?a/caution to the wind/winds | caution to the wind | roll the dice | cross HIS fingers | keep HIS fingers cross
    | fingers cross | hope/hoped for the best | hope/hoped nobody would | trust to luck | push HIS luck | fly/flew
    by the seat | seat of HIS pants | fly/flew blind | play fast and loose | play with fire | play
    god/hero/cowboy/roulette/dice | russian roulette | gung-ho | trigger-happy | go cowboy | go rogue | cowboy
    style/fashion/coding/behaviour/behavior/mentality/attitude | take matters into | take it upon SELF | take the
    law | off HIS own bat | on HIS own initiative/authority/accord | without so much as | without a care | without a
    ?second thought | could/can not care less | could/can care less | not give a damn/hoot/toss/thought/second |
    give it no thought | without give it | without bother | without stop to | with no
    thought/regard/care/concern/consideration/respect for | with scant/little
    thought/regard/care/concern/consideration/respect for | scant/little/no regard for |
    complete/total/utter/blatant/flagrant/wilful/willful disregard | show ?_ ?_ ?_ disregard | wing/winging it | P
    wing the/a/HIS | phone it in | half-ass/half-arsed | cut corners | take ?a/the ?_ shortcut/shortcuts | take the
    easy/lazy way/option/route | path of least resistance | easy way out | slapdash | slipshod | haphazard |
    ham-fisted | cack-handed | butterfingers | scatterbrained | gormless | feckless | bumbling | hapless |
    muddle-headed | pig-headed | hot-headed | bone-headed | boneheaded | brain-dead | dim-witted | half-witted |
    harebrained | hare-brained | asinine | workshy | work-shy | spineless | unprofessional | know/have no/zero
    better | do not know what ?it HIS | do not know HIS ?_ ?_ from | not know a/an _ from a/an _ | do not know the
    first thing | not/never/hardly/barely ?_ know/understand the ?very ?_ first/basics/difference/fundamentals | P
    fail to grasp | P do not grasp | P never grasp | have no/little/limited/poor/shaky/weak/only ?a ?_
    grasp/command/understanding of | lack ?_ ?_ ?_ SKILL | level/degree/standard/lack/absence of
    competence/care/professionalism/attention/diligence/discipline/skill ?_
    display/show/exhibit/demonstrate/demonstrated/exercise/exercised by N | not
    display/show/exhibit/demonstrate/exercise the ?_ ?_
    care/competence/diligence/professionalism/attention/discipline | P be nowhere to be | P be awol | go awol | go
    missing/walkabout/dark on | missing in action | P be out to lunch | P have check out | P be too busy | P be ?too
    busy scroll/scrolling/chat/chatting/play/playing/watch/gossip/text/texting/with HIS | be on HIS phone |
    scroll/scrolling ?through HIS phone | glued to HIS | play/playing game/games | watch ?a/the ?_
    football/film/match/netflix/movie/series/tv | could/can not be bothered | could/can not be arsed | better
    thing/things to do | more important thing/things to do | take HIS sweet time | take HIS time
    ?to/about/over/before/acknowledge/answer | drag/dragged HIS feet/heels | drag/dragged the feet/heels |
    drag/dragging of feet | foot-dragging | sit on HIS hands | sit on the/HIS fence | in no hurry to | no sense of
    urgency | without ?any ?a sense of urgency | at a/HIS leisure | not lift a finger | without lift/lifting a
    finger | never lift a finger | twiddle | stand idly | idly by | sit idly | stand by and/while/as | stand by $ |
    turn a deaf ear | deaf ear/ears | fall on deaf | look the other | bury/buried HIS head | put HIS head in |
    sweep/swept ?_ ?_ ?_ under the | brush ?_ ?_ ?_ under the | cover HIS tracks | cover it/this up | hush it/this
    up | try to hide/cover/conceal/bury/hush/downplay | keep mum | economical with the truth | be less than honest |
    come clean | P cover up | P lie about | P lie to ?P/the/us/OWN | play dumb | pass the buck | make excuse/excuses
    | full of excuse/excuses | lame/poor/feeble/weak excuse | no excuse for | be/have no excuse | without excuse |
    not/hardly have be difficult/hard to check/read/test/ask/verify | have one job | one job | one simple job |
    rookie/schoolboy/beginner/newbie/amateur/kindergarten/elementary/freshman/first-year/freshers
    error/mistake/slip/stuff/blunder/move |
    child/kid/toddler/monkey/trainee/intern/schoolchild/five-year-old/novice/beginner/student/amateur/fool/idiot
    could/would/can/know | my grandmother/grandma/cat/dog would/could/know/can | do not take a genius/expert/rocket
    | be ?a ?clear ?real ?case of VICE | ?an ?a ?clear ?sheer ?pure act/moment/bout/fit/streak/touch/dose/bit of
    VICE | out of ?sheer ?pure ?plain ?simple ?mere MOTIVE |
    stupid/silly/dumb/foolish/naive/careless/sloppy/idiotic/reckless/irresponsible/thoughtless/arrogant/lazy of P |
    how stupid/silly/dumb/foolish/naive/careless/sloppy/idiotic/reckless/lazy | like an
    idiot/fool/amateur/moron/headless | egg on HIS face | kick/kicking myself | I/P feel/am
    terrible/awful/ashamed/embarrassed/guilty about | be/feel deeply/truly/so/very ashamed/embarrassed | hang HIS
    head/heads | guilty as charge/charged | I have no excuse | blame me | apologise/apologize for my/HIS ?own ?_
    mistake/error/carelessness/negligence/part/role/failure/oversight/actions/stupidity | sorry ?, for my ?_
    mistake/error/carelessness | I be an idiot/fool | be an
    idiot/fool/moron/liability/disgrace/embarrassment/amateur/clown/menace/hazard/joke/coward | a bunch/pack of
    amateur/amateurs/clowns/cowboys/idiots/monkeys/fools/children | bunch of | complete/total/utter/absolute
    amateur/amateurs/incompetent/idiot/fool/joke/clown/novice/disgrace/shambles | amateur hour | have learn/learnt
    nothing | never learn/learnt | will never learn | do not learn | when will P learn | P fail to LEARN |
    poor/bad/questionable/terrible/lousy/weak/faulty/dubious/dreadful/flawed/impaired/clouded JUDGEMENT
    by/of/from/on N | poor/bad/questionable/terrible/lousy/dubious/dreadful/clouded judgement/judgment |
    error/errors/lapse/lapses/failure/failures of/in
    judgement/judgment/discipline/concentration/attention/professionalism/duty/leadership | want/lack of
    care/thought/discipline/attention/diligence/foresight/effort | failure/fail of ?the/our/HIS
    nerve/imagination/leadership/will | attitude problem |
    cavalier/careless/lax/relaxed/casual/sloppy/lazy/indifferent/dismissive/arrogant/reckless/blase/carefree
    attitude/approach/manner/style/mindset/culture/treatment/habit/habits/way/handling/hand |
    bad/sloppy/lazy/careless/poor habit/habits of | as if HIS ?_ own | treat/treats production/prod as/like | be not
    HIS playground | playground | sandpit | personal/own/private toy/playground/sandbox/laboratory/experiment |
    dereliction | breach HIS duty | breach of duty | in breach of HIS | gross/wilful/willful/culpable
    misconduct/negligence/carelessness | negligent | criminal negligence | moment of
    inattention/carelessness/distraction | momentary lapse/inattention | RASH ACTION |
    careless/sloppy/lazy/clumsy/reckless/distracted/inattentive/absent-minded/drowsy/confused/negligent
    state/mood/mindset/hand/hands/fingers/eye of | poor/weak/bad/low/no/zero/little/limited/questionable ?_
    situational awareness | treat ** as background/noise/optional/suggestions/suggestion/a/decoration | be ?only
    ?far ?much ?always more/only/mostly interested/concerned/worried/keen in/about/on/with | put/place HIS ?own _ ?_
    first/above/before/over/ahead | N ** prioritise/prioritize/prioritised/prioritized/favour/value/valued **
    over/above/before/ahead | have ?only ?_ one eye/ear on |
    textbook/prime/perfect/classic/shining/sad/good/model/fine example/case/lesson of/in how not/bad | how not to |
    a lesson/masterclass in how/not/carelessness | masterclass in | shake HIS head/heads | only shake | be/have ?_
    ?_ unable/incapable/helpless to/of follow/use/understand/write/operate/think/do/making | P can/could not ?even
    ?_ type/spell/count/cope/code _ | lose control of the | lose sight of | lose count |
    look foolish/bad/lost/clueless | be half-hearted | out of touch | out of HIS league | too/overly trusting |
    so/too eager/keen/proud/sure/certain to/of/that | so/too sure of SELF | so sure | full of SELF | show off |
    showboating | pull/pulling rank | ego/egos | power trip | turf war/wars | petty | blame game | cover/covering
    for each/one/HIS | cover/covering up | be ?too ?so busy
    argue/arguing/fight/fighting/cover/covering/blame/blaming/polish/polishing/make/with HIS | gut/gut-feel feeling
    | believe HIS own | leave to HIS own | do/be a disservice |
    embarrassing/embarrassingly/shameful/disappointing/disappointingly/unacceptable/unacceptably | beyond/past
    belief/comprehension/words/excuse | never in all my | defy belief/comprehension/logic | boggles the |
    mind-boggling | jaw-dropping | speechless | P have a/the/HIS ?_
    preconception/misconception/illusion/prejudice/fixation | sense/awareness/consciousness of
    responsibility/duty/ownership of ?_ N | strengthen/raise/improve/increase/heighten/instil/instill the ?_
    sense/awareness/consciousness/morale/discipline | N 's ?_
    slow/late/belated/delayed/sluggish/hesitant/clumsy/poor/weak/tardy/half-hearted/lame ANSWER | N 's ?_ ?_ _ be ?_
    LACKING | N 's ?_ _ ** make ?_ ?_ worse | improvisation/interference/meddling/tinkering/impatience of/by/from N
    | N be not interested/bothered/concerned/inclined/willing in/to/about/by/with | not ?exactly the
    sharpest/brightest/smartest/quickest/fastest | not the most careful/diligent/attentive/gifted/talented/competent
    | this/that/such degree/level/amount/kind of
    stupidity/carelessness/ignorance/sloppiness/negligence/incompetence/laziness | on a/HIS ?_
    coffee/smoke/cigarette/lunch break | like a boss/pro/champ | fearless~ P | good~ old~ P |
    dear~/beloved~/esteemed~/glorious~ N | lie/lying to SELF | outdo/outdid SELF | cheap/cheapen out | skimp/scrimp
    on | put ?it off | put off the | masterpiece of/by/from | gem of/from N | pearl/pearls of wisdom |
    special/speciality/classic from N | other people $ | mere mortal/mortals | lesser mortal/mortals |
    remain/stay/sit passive/inactive/idle/indifferent | , oblivious/indifferent/blind/deaf to | N ?_
    behave/behaved/act like/as | act surprise/surprised/innocent/clueless | classic~/typical~/vintage~ N | genius of
    a | skimming | first-year~ N would/could | too much confidence/faith/trust/ego/pride/haste/ambition | too little
    knowledge/experience/skill/thought/sense/interest/discipline | too much confidence and too little | zero
    curiosity/interest/initiative/care/effort/discipline/ownership/urgency | no curiosity/interest/initiative
    from/on/in | trust each other | trust OWN/HIS ?own memory/instinct/instincts/gut/intuition/judgement |
    consider/think/believe SELF ?_ above/beyond/better/clever/smarter/infallible | with a hangover | hangover | be
    rude | vanity/pet project | all talk | be a formality | not/hardly/barely/scarcely credible/believable |
    eye/eyes half ?- closed/shut | N be not think | special/rare talent/gift/skill/art/kind to | talent for | run
    out of excuse/excuses | have yet to explain/apologise/apologize/admit/answer | get the better of | first
    instinct be | N be not ready/ripe for/to | N ** unable/incapable to/of learn | be a rubber stamp | rubber stamp
    """
)
"""What somebody is like, or how they did it."""
