"""Which turns of phrase tell of a deed of harm, or of something left undone? See turns.py for how they are written."""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import phrases

DONE = phrases(
    """
    P sit/sleep/snooze on the/this/it/that/HIS/a/P ?_ ?_ ?_ ?_ | P sit/sleep/snooze on OWN | P let/leave ?it ?this
    ?them ?things ?** slide/rot/fester/drift/lapse/languish/slip/pile/linger/burn/wither/decay | P wave ** through |
    wave ** through by N | be wave through | be nod through | P nod it/this/them/the ?_ ?_ through | P click through
    | click past | P skim/skimmed | P eyeball | P glance/glanced at ** and approve/merge/sign/click | P rubber-stamp
    | P rubber-stamped | P ** at random , | P
    label/labelled/answer/tag/tagged/click/guess/type/copy/pick/choose/mark ** at random | P guess ?at ?the | P
    bet/gamble on | P copy and/without paste without | P bury/buried the/this/it/that/HIS | P
    push/rush/ram/force/bulldoze/railroad ** through over/despite/against/without | over everyone 's
    objection/objections | over the objection/objections of | over OWN objection/objections | against
    OWN/everyone/everybody/all/better 's ?better advice/judgement/warning/warnings | P leave **
    door/gate/gates/barn/window/vault/safe ?wide open | P leave ** in the lurch | P leave us/everyone/it hanging | P
    leave a trail/mess | P leave ** to clean | clean ?up after N | clean ?up OWN mess | mop/mopping up after N |
    pick up the piece/pieces after N | tidy/tidying up after N | P throw a/the spanner/wrench | P step/stepped on
    ?OWN/the toe/toes | P trip/tripped over HIS | P pull a/the fast/stunt/trick | P pull the plug on | P pull the
    wrong | P press/hit/hold/tick/check/grab/unplug/pull/flip/toggle/tap ?the ?a wrong | P plug/plugged ** into the
    wrong | P mix ?_ ?_ ?_ ?_ up | P confuse ** with | P mistake ** for | P swap/swapped ** by mistake | P
    transpose/transposed | P fat-finger | P typo/typo'd | P mis-typed/mistyped | P MELT
    the/our/every/all/HIS/half/production/prod/checkout/P ?_ ?_ | P lock ?the/everyone/everybody/us ** out | P lock
    the/HIS/an _ table/tables | P knock ** over | P set ** on fire | P burn/burnt ?down the | P blow a
    hole/through/past/up | P pull ** out from under | P open the floodgate/floodgates | P do ** damage | P wreak
    havoc | P do ** harm | P do/wreak irreparable | P have be tell ** and/but/yet ** anyway/regardless/nonetheless |
    P merge/deploy/ship/push/release/launch/run/apply/approve/sign/click/press/start/proceed/continue/publish **
    ?it/ship/deploy anyway/regardless/nonetheless/nevertheless | P go/press/push/plough/plow/forge/barrel/charge
    anyway/regardless | P plough/plow on/ahead | P take a/the/OWN ?_ gamble/chance/risk/punt/shortcut/shortcuts | P
    bodge | P hack ** together | P cobble/cobbled ** together | P slap/slapped ** together | P throw ** together | P
    knock ** together | P dump ** on/into/onto the/prod/production/P | P dump ** and leave/go |
    write/push/ship/merge/give/make/leave/commit/submit/send/produce/deliver/hand/do/build/create a/an/the/some/HIS
    ?_ SHODDY | P rush the/HIS/it/through/a/into/things/to/this | P hurry | P skip ?over/past ** | P
    skirt/sidestep/sidestepped/duck/shirk | P bend/bent the rule/rules | P break/flout/disobey/ignore **
    rule/rules/policy/protocol/procedure/promise/ranks | P overstep/overstepped/exceed HIS authority/remit/mandate |
    by N guess | by N rush | by N try to | by N who be ?_ hungover/drunk/tired/distracted/careless/asleep | by an/a
    ?_ UNFIT | P put HIS name/names/signature to/on/under | P swear ?that | P caved | P cave ?in to | P give in to |
    P bow to pressure | P yield to | P fold | P jump to conclusion/conclusions | P pull HIS weight | P set HIS mind
    | P spend ** argue/arguing/fight/fighting/bicker/chat/chatting/debate/debating/polish/polishing/chase/chasing
    the/over/about/with/wrong/HIS | be ?_ let/turned/set loose on/in | let/turn/set ** loose on/in | P run
    amok/riot/wild | P go ?a _ too far | P go over HIS head | P freeze $ | P freeze up | P explode/exploded | P
    vanish ?for/in/into/after/and/without/from | P disappear ?for/in/into/after/and/without/from | P underestimate |
    P ** and/but get it ?all wrong | ** P still/and get it ?all wrong | be fill with P 's | P be stubborn/arrogant |
    P type/enter/key/write/copy/execute/run/punch ** from memory | P keep
    press/pressing/hit/click/poke/poking/push/retry/hammer/hammering/restart/try ** until/after/despite/and | P
    ship/merge/deploy/release/push/publish/launch ** with ** comment/disable/off/skip/fail/red | P
    share/lend/lent/give HIS ?_ password/credentials/badge/login/key/account | P
    turn/set/plug/mount/wire/connect/install ** the wrong way/direction/round | want to watch the/it/us ** burn | be
    ?_ argue/arguing/chat/chatting/gossip/bicker/joke/joking/play/playing/sleep/scroll/scrolling ** instead/while |
    P leave ** for/on holiday/vacation with | be treat/handle/regard/see/view/dismiss as ?an ?a ?mere
    afterthought/optional/formality/nuisance/joke/suggestion/chore/decoration/hobby | P treat/handle/regard/see/view
    ** as ?an ?a ?mere afterthought/optional/formality/nuisance/joke/suggestion/chore/decoration/hobby |
    type/copy/enter/key/retype/recite/execute/punch/configure/restore ** from memory | P ** against/on/in/into/to
    the ?_ ?_ live/production/prod/primary/wrong ?_ ?_ instead/rather of/than | P
    type/enter/pick/choose/select/click/hit/run/paste ** instead of | P ** without open/look/try/wait/watch
    a/the/any/for/to/at | without ask a | P ** do the opposite | P do the exact/opposite | P
    blow/sail/breeze/breezed past/through | P ** and ?then deny/denied it | P empty/emptied the/HIS/a/an ?_
    bucket/database/table/queue/account/store/cart/index/cache | P rip/ripped out | P want to go/get/be
    home/away/done | by N who want | with a shrug | click it/them away | P can/could not wait | P ** as
    do/complete/pass/test although/though/when/but | P ** at the ?very ?_ busiest/worst hour/moment/time | P **
    despite ?_ ?_ ?_
    fail/warning/warnings/red/objection/objections/concern/concerns/advice/alert/alerts/error/errors | P
    hardcode/hard-code ** credentials/password/passwords/key/keys/token/tokens/secret/secrets | P grant/give/hand N
    ?the ?_ write/admin/root/full/unlimited access/rights/permissions | P freeze and/when/for
    """
)
"""Told of somebody as done."""

LEFT = phrases(
    """
    slip/slipped/escape/escaped/skip OWN mind/attention/memory/notice | slip/slipped/escape/escaped/skip HIS
    mind/attention/memory/notice | slip/slipped the mind/attention/memory of N | slip/escape N 's notice/mind | go
    clean/right/straight out of | go out of HIS head/mind | it ?_ escape/escaped N | P ?never/not get round/around
    to | P do not get round/around to | P never ?_ get round/around | P do not think to | P never think to/of/about
    | nobody/N think to/of | do/would not occur to N | never/nor occur/occurred/cross ?to N | never occur/occurred
    to | never ?_ cross OWN/HIS mind | not cross OWN/HIS mind | it do not occur to N | occur/occurred to nobody |
    occur to no | P figure/figured/reckon/think/decide/felt/assume it/that/this ?it can/could/would wait | P
    figure/figured/reckon | P blank ?on/out | P space/spaced ?on/out | P zone/zoned out/off | P tune/tuned out | P
    doze off | P drift off | P nod off | P sleep ?straight ?right through/past/in | P have ?never not ?even/ever
    bother/care | not ?even bother | never ?even bother | not trouble/troubled SELF to | do not deign | never deign
    | not see fit | not see ?the/any ?a ?_ need/reason/point | see no need/reason/point | deem it
    unnecessary/beneath | consider it beneath | be beneath HIS | feel no need | not feel like | be not in the mood |
    be in no mood | P shrug | P shrug ?it/this/them off | P wash HIS hands | P look away | P switch off and | P
    dismiss/write/wave/brush/laugh/shrug ** ?off as
    noise/nothing/trivial/minor/harmless/spam/flaky/unimportant/nonsense | dismiss the/HIS/a/an/every/it/them/OWN ?_
    ?_ alert/alerts/warning/warnings/page/pages/alarm/alarms/concern/concerns/report/complaint/complaints | brush
    off/aside by N | be brush/wave/laugh/shrug/fob/fobbed off/aside/away ?by | be silence/silenced and ?then forget
    | swipe/swiped ** away | mute/muted/silence/silenced/snooze/dismiss/swipe/acknowledge ** and
    go/carry/carried/turn/roll/return/leave/forget/do | mute/muted/silence/silenced/snooze it/them/HIS |
    see/watch/get/read/hear/notice ** and/then go ?_ ?back to lunch/bed/sleep/dinner/home/work/HIS |
    see/watch/get/read/hear/notice ** and/then/but ?_ ?_ do nothing/zilch/little | and go ?_ ?back to
    lunch/bed/sleep | and go home/back to | go home/out for | watch **
    go/turn/climb/burn/grow/fall/drop/rise/fill/die and/while/without | watch ?it/as/while burn/happen/die | N keep
    ** to SELF | P keep it/this/that/them ?all ?quiet to/quiet | P sit there/idle/still | P wait until/till **
    to/before tell/report/mention/admit/escalate/raise | P wait far/way/much/a too | P wait ** before
    tell/raise/escalate/admit/report/call | P choose/decide/prefer/opt to
    finish/wait/ignore/sleep/eat/go/stay/leave/skip/keep/stick/hide/do ** first/instead/rather/nothing/quiet/silent
    | P prefer to/not | P choose ** over ** check/test/read/review/safety/care/caution/escalate | P would/will not
    ?even listen/speak/talk/budge/admit/hear/accept/cooperate/answer/help/back/stop | P can/could not be reason | P
    stop care/check/look/listen/read/pay/bother | P give up on/and/after/without | P lose interest | no
    attempt/effort/thought/consideration/attention/care/heed/regard/notice ?_ be ?ever
    make/give/pay/take/spend/expend/show | little
    attempt/effort/thought/consideration/attention/care/heed/regard/notice ?_ be ?ever make/give/pay/take/spend |
    due/proper/adequate/reasonable/basic/elementary/sufficient/ordinary/necessary/requisite/appropriate
    care/diligence/attention/caution/precaution/precautions/vigilance/skill/consideration ?_ be/have ?be not | not
    exercise/exercised/take/show/apply
    due/proper/adequate/reasonable/basic/sufficient/ordinary/necessary/requisite/appropriate/enough/any
    care/diligence/attention/caution/precaution/precautions/vigilance | basic/elementary precaution/precautions be
    neglect/ignore/skip/omit/not | insufficient/inadequate/scant/little/not/no
    attention/care/thought/consideration/diligence/regard from/by/be/to/for | with too little
    attention/care/thought/consideration | too little attention/care/thought/consideration | go unheeded | go unread
    | remain unheeded/unread | unheeded | be shrug off | gather/gathering dust on/in OWN | be allow to
    slide/rot/fester/lapse/drift/slip | be let slide/slip/rot | be ?_ neglect by | be ?_ neglect ?for/since/during |
    be ?_ botch/bungle/mishandle/mismanage/fumble/flub/butcher | be ?_ mess/screw/cock/stuff/ball/muck/foul up | be
    ?_ rush ?through ?to/into/out $ | be ?_ pencil-whip | be ?_ do/write/make/put/throw/slap in a/great hurry/rush |
    be copy ?over without ?a ?any thought/look/check/read | be ?_ leave to/until/till the last | leave ?it
    ?everything to/until/till the last minute/moment | at the last minute ?as usual by N | be off do |
    non-compliance ** on the part of | non-compliance ** by N |
    deviation/departure/departures/violation/violations/breach/infringement/contravention/disregard/neglect **
    ?of/from/for ** by/of N | on the part of N | miss/overlook/ignore ** right/staring/plainly/clearly ?_ in front
    of | N be right there and/but | P have ?_ every/ample/plenty/all/enough ?of ?the ?_
    dashboard/chance/opportunity/warning/warnings/reason/time/information/tool/tools/alert/alerts/signal/signals **
    and/but/yet ?_ ?_ still/miss/ignore/do/not/fail | P have plenty/ample/enough ?of
    time/warning/chance/chances/notice/opportunity/opportunities to | P have every chance/opportunity/reason to |
    nothing stop/prevent P from | be/have ?_ ?_ warn/tell ** , P shrug/laugh/ignore | P be warn/tell ** and/but/yet
    ** anyway/still/nothing/regardless/not | nobody ** have the
    sense/decency/courage/brains/brain/nerve/wit/wits/presence/guts/backbone/initiative/good to/of | P lack the
    sense/decency/courage/brains/nerve/wit/wits/presence/guts/backbone/initiative | nobody ?** care/bother/think | P
    tell nobody | and tell nobody | P mention/said it to nobody | P say nothing | ** and never ?_
    come/look/go/return back/again/at/to | P never ?_ come/go/look/return back/to/again | P have never hear of | P
    have never ?_ read/open/see/test/try/use | P do not believe in | P walk past | P walk away | P walk off | P
    leave early/before/without ** | leave others/somebody/someone/everyone/the ?_ ?rest to |
    each/everyone/everybody/P ** leave it to someone/somebody/each/others/P | P assume ?that
    someone/somebody/another/P/others | everyone/everybody think/assume ?that someone/somebody/P | be
    someone/somebody/anyone else 's job/problem | not my/HIS/our job/problem/department | P do the bare/absolute
    minimum | P do as little | P be there/available/around/online in/on name/paper only | be ?_ laugh/sneer/scoff
    at/off | be ?_ allow to expire/lapse/rot/die/slide/burn/fill/drift/fester/grow/run | be ?_ ** without P
    ask/check/test/read/tell/look/notice/verify/review/think/inform/consult/confirm/warn/know | P ** without ?_
    fix/do/look/check/open/read/test/try/tell/ask/watch ?_ anything/it/anyone/anybody/first/them | P ?of ?course
    see/hear/notice/say/do nothing $ | P never ?_ CHECKED | P ** and do not
    ask/check/test/tell/look/read/say/escalate $ | P ** , do not ask/check/tell $ | never ?_ turn/switch/put/bring
    ?_ back ?on | never ?_ re-enable/re-enabled/reenable/restore |
    unanswered/unread/unacknowledged/untouched/unattended ** while N | while N
    finish/enjoy/eat/sip/sipped/chat/chatted/nap/sleep ** | each/every time P ** and ?P move on | and ?P move on $ |
    do/have not take/make/go the/to ?the trouble/effort/pain/pains/time | would/will not take/accept/assume/own
    ownership/responsibility/it/up | occur/occurred to N , but | not one/single ** think it worth | choose not to
    hear/see/listen/look/act/know/notice/care/respond/ask/tell/say/check/read | N put OWN ?_ ?_
    metrics/numbers/career/image/bonus first | to protect HIS ?_ metrics/numbers/career/image/bonus/reputation | ,
    never mind _ | be leave in the/a/HIS drawer/cupboard/shelf | nobody be ?_
    pay/watch/look/check/listen/think/minding | nobody mind the | N can/could not
    decide/cope/agree/commit/concentrate
    """
)
"""Told of somebody as left undone."""
