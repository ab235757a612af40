"""Which turns of phrase demand something of people, mock them, or know better afterwards? Written as turns.py says."""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import phrases

DEMAND = phrases(
    """
    OWN ?_ ?_ change/commit/work/deploy/code/edits/pushes/merges/deployments/actions/prs/queries/scripts/releases
    must/should/need/will/shall/be/have ?to ?always ?be ?_
    watch/supervise/supervised/monitor/check/vet/vetted/review/double-check/approve/accompany by | OWN ?_ ?_
    change/commit/work/deploy/code/edits/pushes/merges/deployments/actions/prs/queries/scripts/releases
    must/should/need/will/shall/be/have ?to ?always ?be ?_ watch/supervise/supervised/monitor/check/vet/vetted ?_ ?_
    | P must/should/need/will/shall/be/have/ought ?to ?not ?only ?never ?be ?_ WATCHED |
    close/closer/strict/stricter/tight/tighter/more/better/constant/permanent
    supervision/oversight/monitoring/control of ?all N | supervision/oversight of N | under ?the ?close ?closer
    ?strict ?constant supervision | keep ?a/an ?close ?closer ?careful eye on N | watch over N | babysit N |
    babysitting | hold HIS hand | hand-hold/hand-holding | micromanage |
    stern/serious/quiet/frank/strong/few/sharp/harsh/firm/severe/long/hard/proper/little/private/honest
    word/words/talk/chat/conversation/look/discussion with N | talking-to | give ?P a ?_ ?_
    talking-to/dressing-down/earful/ticking-off/rap/slap/lecture/scolding/telling-off | dressing-down | ticking-off
    | telling-off | earful | read ?P the riot | haul ?_ ?_ over the coals | over the coals | on the carpet | slap on
    the wrist | rap on/over the knuckles | MORE VIGILANCE ?_ ?_ ?be ?_
    demand/require/required/expect/need/ask/call/urge |
    greater/increased/heightened/higher/better/stricter/more/utmost/extra
    vigilance/care/attention/discipline/diligence/attentiveness/caution/concentration/conscientiousness ?_ ?_
    from/of/by/on N | call/appeal for more/greater/better vigilance/care/attention/discipline/diligence | GUIDANCE
    will/shall/must/have/be ?to ?be give/provide/receive/deliver | thorough/strict/strong/stern/serious ?_
    guidance/counselling/counseling/instruction/reprimand/admonition/lecture | will/shall/must/should/be/need/have
    ?to ?be ?_ COUNSEL ?_ ?_ on/about/in/for/regarding/again/to/not/formally/accordingly |
    coach/counsel/sensitise/sensitize/lecture/educate/admonish/reprimand/discipline/retrain/re-train/punish/rebuke N
    | P must/should/need/have/ought to/be/take/attend/undergo/complete/repeat/redo/go ?to ?through ?_ ?_ ?_
    refresher/retraining/re-training/remedial/counselling/counseling | refresher ?_ ?course/training/session/class
    for N | send/put P/him/her/them ?back on/to/through a/an/the ?_ ?_ course/training/refresher/school/bootcamp |
    back to school | awareness/attention-to-detail/attentiveness/carefulness training/campaign/course/session for N
    | train/retrain/training/lecture ** on/in attention to detail | attention to detail | remind N | remind ?all ?_
    ?_ ?_ that/to/of HIS | be ?once ?again remind ?that/to/of | reminder to/for ?all ?_ ?_ N to/that/: | memo to
    ?all ?_ N | P should/must/will/shall/ought/need/deserve ?to ?have lose HIS | lose HIS ?_ ?_
    access/badge/job/bonus/keys/rights/privileges/permissions/licence/license/seat/position | take ?_ ?_ ?_ away
    from N | take away OWN | revoke/remove/strip/withdraw/limit/restrict/suspend/pull OWN ?_ ?_
    access/rights/privileges/permissions/credentials/admin/keys | strip/stripped N of | P should/must/ought/need
    to/not/be ?be strip/stripped of | bar/ban/banned/barred N from | P be ban/banned/bar/barred from | P
    should/must/may/will/shall/can not ?ever ?again ?be let/allow/permit/permitted/trust ?anywhere ?near ?to
    ?with/near/to/touch | should/must not ?ever be let/allowed/trusted/permitted ?any
    anywhere/near/around/with/alone | anywhere near ?a/the/prod/production | keep N ?far ?well away from | not/never
    let N ?anywhere ?_ near/touch/loose | keep HIS hand/hands/fingers off | hands off prod/production/the | P be
    take/pull/remove off/from the ?_ rota/roster/rotation/project/team/account | take/pull/remove N off/from the |
    dock OWN | OWN bonus/pay/raise/promotion/appraisal/performance/hr/personnel ?_ ?_
    review/file/record/plan/cut/docked/withheld/reconsidered | performance improvement plan | put/place P on a
    pip/plan/performance | on a pip | written/verbal/formal/final/official warning | letter of reprimand |
    disciplinary | personnel/hr file | hr be/have/will/should/to | go to hr | consequence/consequences for
    ?the/HIS/N/those ?_ ?_ | there must/should/need/will/have be/to ?be consequence/consequences | without
    consequence/consequences | face/faces/facing ?the ?_ consequence/consequences/music | make an example of |
    head/heads must/should/will/need/have/to ?to roll | someone/somebody must/should/need/has to pay/answer for |
    someone/somebody must/should/need/have to be hold | hold ?_ ?_ ?_ accountable/responsible/liable | be ?to ?be
    call to account | call P to account | accountability for N | answerable for | pay the price | pay for
    this/it/what/HIS | P should/must/need/deserve ?to ?be
    sack/fire/replace/dismiss/suspend/demote/shame/shamed/ashamed | P should/must/need/deserve ?to be let go | be
    show the door | part way/ways with N | let N go | fire/sack/dismiss/replace/suspend/demote N | P be fire/sack |
    on notice that | put ?P on notice | last/final chance/straw | one more mistake/slip/strike | three strike | P
    must/should/need/have/ought ?better ?really ?to
    learn/remember/understand/realise/realize/accept/grow/wake/smarten/toughen/concentrate/focus ?_ | P
    must/should/need/have/ought ?better ?really ?to start/stop/begin/quit BETTERING | pull HIS socks | up HIS game |
    get HIS act | get HIS house in | wake up and | raise HIS standards | lift HIS game | do better $ | do better
    than this | try harder | take ?_ ownership of HIS | take HIS job ?more seriously | take ** more seriously | ^
    ?please ?everyone ?people ?, think before | ?please think ?twice/hard/carefully before P
    click/type/press/merge/deploy/touch/act/run | read before P | look before P | use HIS
    head/brain/brains/eyes/judgement/judgment/common | use common sense | for goodness/god/heaven/christ/pete 's
    sake | for crying out loud | ^ P , please | ^ next time , P , | do HIS ?damn ?bloody job/jobs/homework ?next |
    rtfm | read the ?_ ?_ manual/docs/runbook/changelog/instructions next/people/folks/please/for/properly | wake up
    | get a grip | get it together | be more careful | be careful next | ?all ?are ?be
    urge/urged/ask/remind/instruct/exhort to ?_ ?be/exercise/take/pay/show ?_
    more/greater/better/utmost/care/careful/attention/vigilant/vigilance/attentive/diligent |
    strict/stricter/tough/tougher/firm/firmer discipline/line/measures/consequences/sanctions/penalties | zero
    tolerance for/of/towards/toward | name and/them ?_ shame | can/could not ?keep ?go ?on
    clean/cover/covering/mop/mopping/pick up ?after | can not/never keep ?_ ?_ ?up ?after ?with OWN | can not/never
    rely/trust/depend/count on N | N can/could not be rely/relied/trust/depend/count ?on/upon/with | trust N again |
    find/hire P/people/someone who/better ?can/actually/know | hire better | better/competent/real/grown-up/proper
    engineers/people/staff/developers/operators/admins/hires | grown-up/grown-ups/adult/adults in the | need ?to ?be
    an/a/some ?real adult/grown-up/grown-ups/adults | need/require/requires ?_ reminding/reminder/reminders
    that/of/to/about | reminding that | P need remind | someone/somebody need/has/should/must/ought to
    tell/talk/speak/teach/explain/remind/stop/have ?to ?a ?_ N | N 's contract/employment/probation/appointment/job
    will/shall/should/must/be | P expect P to explain | explain SELF | explain HIS ?_
    behaviour/behavior/conduct/action/actions/decision | re-education/retraining/remedial ?training of/for N | be ?_
    request/ask/urge/urged/remind/instruct to ?_ concentrate/be/pay/take/exercise/refrain/think/check | refrain from
    | take ?this ?the ?_ lesson/lessons/message to heart | sign that P have read | P be to sign | in OWN ?personnel
    ?_ file/record | pass/refer/escalate/report/hand ** to hr | N can/must/will/should be deal/dealt with | take **
    access/rights/keys/permissions off/from/away N | take ** access/rights/keys/permissions away | fire/sack ?that
    ?this N | until N learn/know how/to | coach N on | P should/must not be TOUCHING | P should/must/may/will not ?_
    ** unsupervised/alone/again ?again | P should/must/ought ?to be ashamed | supervise/supervised P |
    instil/instill/foster/create/build ?_ culture/sense/habit of ** in/among/amongst N | need/want P who
    care/read/test/think/pay/check | P must/should/need/have ?to read/re-read/reread/study ** again | N
    will/should/must lose ?_ ?_ access/rights/privileges/permissions
    """
)
"""What is asked of persons."""

HINDSIGHT = phrases(
    """
    P be suppose/supposed/mean/meant/expect/oblige/obliged/require/required/ask/tell/instruct/assign to **
    and/but/yet/, ** not | P be suppose/supposed/mean/meant/expect/require/required/tell/ask to **
    but/yet/instead/only |
    minute/minutes/second/seconds/moment/hour/look/glance/bit/little/ounce/modicum/shred/spark of ?_ ?_ THOUGHT **
    would/could/may/might | an ounce/modicum/shred/iota/spark/scrap of | with a
    little/bit/modicum/minimum/touch/dash more/of/common/extra
    care/thought/attention/sense/effort/diligence/common/foresight/planning/courage/patience/discipline | with
    more/better/little/closer/greater/proper
    care/thought/attention/sense/effort/diligence/foresight/discipline/patience/judgement/judgment/concentration , |
    with a/an/some ?_ ?_ ?_ ?_ by N , ** would/could | look/glance/check/read/test/call/review/grep/query by N
    would/could/might have | would/could/might have take/cost/spare N ?_ ?_ ?_ minute/minutes/second/seconds/moment
    | take/need ?no/only ?more ?than ?_ ?_ second/seconds/minute/minutes/moment to
    check/verify/ask/read/look/test/notice/think/call/confirm | all P have to do be | all it ?would ?have take/need
    be | the least P can/could/might ?have | at the ?very least ?, P can/could/should/might | P could/might at
    least/have least | would it have kill/hurt/be so | be it so/too/that/really ?so ?too ?that hard/difficult/much
    to | anyone/anybody/everyone/everybody/someone/somebody/people/person/engineer/operator/P with ?_ ?_ ?_ ?_
    grasp/brain/eyes/sense/experience/knowledge/understanding/pulse/training/clue/idea/competence/care/interest ?**
    would/will/could/can/should/know/see | P worth HIS salt | worth HIS/OWN/their salt | worth the name | in HIS
    right mind | what any P | as any P would/could/know | as every P know | P of HIS
    seniority/experience/level/grade/standing/calibre/caliber | P of OWN
    seniority/experience/level/grade/standing/calibre/caliber | for a/an/someone ?_ ?_ of HIS/OWN
    seniority/experience/level/grade/standing | with HIS/OWN ?_ ?_ experience/seniority/years/background ?, P
    should/ought/would/could/must | after ?all ?_ years ?** should/ought | P should/ought/must ?to ?not have know |
    should/ought/must ?to ?have ?_ see/spot/notice/catch it/this/that coming | P should/ought/must ?to not ever
    ?have | should/ought ?to have be more/less
    careful/attentive/thorough/diligent/alert/vigilant/cautious/hasty/trusting | P have no right/business to | have
    no business | be none of HIS/OWN business | not P 's place to | it be OWN job/duty/task/responsibility to **
    and/but/yet/, | it be HIS job/duty/task/responsibility to ** and/but/yet/, | have ?one/a ?single/simple
    job/task/duty ?: ?, ?and | P know ?full ?very ?perfectly well | P know ** and **
    anyway/regardless/nonetheless/still | P know ?_ ?_ the risk/risks/rules/rule and/but/yet | P know ?_ better |
    know ?full ?very ?perfectly well ?that | fully/well aware that/of ** and/but/yet/still/anyway | if only P | have
    only P | if only P/someone/somebody/anyone/anybody/N | if P have ?only ?just ?simply
    bother/pay/admit/read/listen/ask/follow/test/check/look/think/care/remember/own/speak/tell | have P ?only ?just
    ?simply be look/pay/do/listen/think/awake/careful/attentive/honest/more | have P bother/think/care/remember | if
    P would/could ?only ?just/have | P could ?have ?easily ?just/have ** but/yet/instead | what do P expect | what
    else do P expect | P see/had it coming | see it coming | tell P so | warned P ?that ?this ?it would | as P have
    ?be ?repeatedly warn | not for lack of warning/warnings | the last N who should/ought | more~/better~/less~
    ?experienced~ ?careful~ ?competent~ ?diligent~ ?attentive~ ?senior~ P would/might/could/will | COMPETENT N
    would/should/could/will/test/check/do/read/know/never/make/ask/leave/see | a better P would/might/could | if P
    ?_ learn/learnt/know/stop/can/could/think/listen/care ** | would/might be ?** if P
    learn/stop/can/could/listen/care | P would/'d/do think ?that P/someone/somebody/anyone/a/the | have be
    train/teach/tell/brief/show ** and/but/yet ** wrong/still/anyway/not | it would ?have be
    nice/good/lovely/polite/helpful/decent/kind if P | would have be nice/good/lovely/polite/helpful/decent/kind of
    P | have no place/business/right in/on/at/to/being | P know , and | N know , and/but | be avoidable and | be all
    it would/have ?have take | all it would/have ?have take | have every/good/all reason to
    wait/stop/check/ask/doubt | there be every/good/ample reason/time/warning/opportunity to | have it be
    anyone/anybody but | with P on shift/duty/call/board this/it would | would/might/could/'d ?have expect P to | ^
    should/could/would not P ?have/at | should P not have |
    call/check/question/message/look/email/mail/glance/test/word/phone from/by N would/could/might have
    """
)
"""What is known better afterwards."""

SARCASM = phrases(
    """
    to the hero/genius/legend/champion/mastermind/wizard/star/soul/person/guy/individual who | bright spark/sparks |
    brain/brains trust | smart alec/aleck | wise guy | clever clogs | our resident | infinite/great/boundless wisdom
    | HIS wisdom , | stroke of genius | 's genius/brilliant/masterful/stellar/impeccable/legendary/sterling
    idea/plan/move/work/timing/decision/effort/contribution/judgement/judgment | who know , | who would/could have
    think/guess/imagine/imagined/know | who know $ | who knew QM | imagine that $ | fancy that | what do/could P
    know/expect | what could go wrong | what can go wrong | what could ?_ ?_ go wrong | turns out **
    actually/really/help/helps/matter/matters/need | shock/shocker/shocking , | what a
    shock/surprise/coincidence/hero/genius/legend/team/star/performance/show | colour/color me surprised/shocked |
    surprise/surprises nobody | to nobody 's surprise | predictably | unsurprisingly , P | apparently ** be ?now ?_
    not/too/optional/beneath/above/beyond/a ?_ ?_ part/much/optional/HIS/him/her/them/job/us/skill/ask | apparently
    ?, ?_ ?_ ?_ be not/too/optional/beneath/above/beyond | evidently ** be too/not/optional/beneath/above/beyond ?_
    ?part ?of/much/hard | not ?be ?_ part of the/HIS job | not in the/HIS job description | not ?in OWN job | above
    HIS pay | above P 's pay | beneath P | beneath HIS dignity | too
    good/important/clever/senior/busy/proud/cool/grand for/to
    read/review/check/process/the/test/follow/staging/documentation/docs/a | take P ?_ ?_ ?_
    hour/hours/minute/minutes/day/days/weeks/week/months to TASK | do in ?_ ?_ what P | what any/every/most/other _
    ?_ do/manage in | must be nice | good luck with | NICE
    going/move/one/play/thinking/idea/choice/timing/shot/effort/catch/stuff/show ?there ?indeed , N | well play , N
    | round of applause for | standing ovation | slow clap/claps/handclap | golf clap |
    medal/award/prize/trophy/cookie/star/oscar/bonus/raise/promotion for/to/go ?to ?the ?whoever N |
    award/prize/trophy/medal/oscar/honour/honor for ** go to | give ** a/the
    medal/award/prize/trophy/raise/promotion/bonus/cookie/round | give/get/deserve/deserves a medal/cookie/trophy |
    employee of the | take a bow | hat/hats off to ** for/who ?_ ?_
    break/delete/drop/ignore/wipe/forget/skip/run/ship | hall of fame/shame | wall of shame | walk of shame | darwin
    award | face palm | facepalm | slow hand | because who/why/obviously/clearly/apparently ?_ ?even
    ?need/read/test/have/bother/would/care/check/not | who need/read/test ** anyway/right/when/, | the geniuses
    in/at/on/from/who | why bother/read/test/check/review/ask ** when | why test/read/check/review/ask/bother , | of
    course N ?_ ?_ ?have/not/forget/know/ignore/skip/think/decide/go/do/delete/deploy/push/merge/be | of course N $
    | naturally/obviously/predictably/inevitably , N | but no/hey , P | but no , | oh/sure , ?let/just | sure , let
    | oh great/wonderful/look/well/brilliant/joy/wow | oops | whoops | d'oh | doh | well done ?_ ?_ , |
    congratulations/congrats ** broke/deleted/wiped/melted/ruined/lost/emptied | thank/thanks , N | thank/thanks for
    nothing | thank/thanks a/so bunch/heaps/loads/million | love/loving how/that/it P | love it when P |
    always/nice/great/good/lovely/fun to see P/OWN | because that be how | that be one way to | that be what P
    get/call/do | this be what ?_ ?happens P/we/you get/happens/call ?for/when | so-called~ P | genius~ N |
    einstein~ N | mastermind~ N | rockstar~ N | to hero~ N who | to champion~/legend~/wizard~ N who | call
    SELF/himself/themselves ?a/an senior/engineer/engineers/professional/expert/architect |
    self-appointed~/self-proclaimed~/self-styled~ P | what be P ?even ?_ think/smoke/smoking/do | what on earth/the
    ?_ be/do/have/make/possess P | what possess P | what in the world | what make P think/believe/assume/imagine |
    what go/was go through HIS/OWN | how/why in the world/hell/heck/blazes | how/why the hell/heck | why on earth |
    how on earth | who in the world/hell | who the hell/heck | who in ?the/HIS right mind | who ?even
    do/would/lets/deploy/run/push/approve/merge/put/write/think ** ?like ?on/in/without/this/that ** QM | who let
    P/the/this | who think ** idea | who be/gave the ?_ ?_ genius/idiot/bright ?_ | how can/could/do ?_
    anyone/anybody/someone/somebody/nobody/everyone/everybody/N ** ?not QM | how can/could/do P ?possibly ?not ?_
    MISS | how be it that N/nobody/anyone | how do N/nobody/anyone/anybody miss/manage/not/notice/see/spot | how
    many time/times do/must/have/will | how long/often do/must/will ?_ P/we/i have/need | how hard/difficult
    can/could/would it be | how hard/difficult be it to | do anyone/anybody/nobody/someone/P ?even ?actually ?ever
    ?really ?bother read/check/look/test/care/review/think/know/watch/own/bother/understand ** QM | do not
    anyone/anybody/P ?even ?actually ?ever ?_ read/check/look/test/care/review/think/watch ?** QM | do P ?not
    ?really ?even ?ever ?seriously ?honestly ?actually think/read/check/test/look/expect/believe/know/bother/learn
    ** QM | be P ?not ?really ?even ?seriously ?honestly ?just DROWSY ** | be it ?really ?too ?so ?asking much to
    ask | be it ?really ?too ?so ?that hard/much/difficult | too much to ask | ask too much |
    seriously/really/honestly , P | seriously/really/honestly/again/still , who/how/why | have P ?never/not
    ever/never/not ?even heard/read/learn/think/consider | have anyone/anybody ?here ?ever ?even ?_
    hear/read/consider/look/think/test | where be P when/while/the | where have P be | and where be P | why be P
    ?not ?still ?even ?_ allow/let/sleep/asleep/pay/wait/ignore/sit/do/rush/hurry | why do/would/can N ?_ ?not ?_
    ?just ?even ?bother ?think ?simply EXPECTED | who ?_ DID ** QM | apparently P do not
    believe/care/read/know/understand/need/think/like/see/have/trust/do | apparently P can/could not | apparently ,
    ?_ nobody | P would/do ?n't not know a/an ** if it | have never hear of ?a/the | congratulations/congrats to **
    who/that manage | manage to
    break/delete/wipe/lose/ruin/take/misread/miss/forget/overlook/ignore/destroy/confuse/corrupt | do P
    really/seriously/honestly have/need to | P ?really ?seriously have/need to explain/spell/teach/tell **
    to/that/how/out | who/what/where/when on earth/planet | when ?_ do P ?_ plan/intend/mean/expect/want to | five
    stars/star to/for/from | human stupidity | another/yet/one more
    masterpiece/classic/gem/special/triumph/stroke/adventure/experiment/surprise from/by/of N | yet another **
    from/by N | , as always/usual/ever $ | as always/usual , P | nothing be safe/sacred | be for other/lesser
    people/mortals/wimps/losers/cowards/others | ^ oh/ah/yay/hooray
    good/great/wonderful/look/well/brilliant/joy/lovely , | ^ TONE , ?_ ?_ P | ship first | think later | ask
    questions later | shoot first | why be nobody ?_ monitor/watch/look/check/pay/listen |
    geniuses~/einsteins~/masterminds~/rockstars~ N | who need _ when/if/anyway
    """
)
"""Mockery, and questions that are none."""
