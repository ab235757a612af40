"""Which words are people, and which say something of a person's care? The words of the rules, as data, in lower case."""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import phrases, word_set

PRONOUNS = word_set(
    "i we you he she they me us him them myself ourselves himself herself themselves everybody everyone anybody"
)
"""Pronouns of people."""
PRONOUNS |= word_set("anyone somebody someone nobody whoever who whom others y'all")

NOBODY = word_set("nobody none no-one noone neither")

ROLES = word_set(
    """
    administrator admin analyst annotator approver architect assistant associate author boss buyer captain ceo cfo
    chief ciso clerk coder colleague commander committer consultant contractor contributor controller-on-duty
    coordinator coworker co-worker cto cio coo curator dba designer dev developer devs director dispatcher editor
    employee engineer executive expert freelancer fellow genius giant girl guy he-who head-of-ops hire human idiot
    individual integrator intern investigator invoker junior labeller labeler lead leader maintainer man manager
    member merger mentor moderator newcomer night-shift novice officer on-call oncall on-caller operator organiser
    organizer owner partner-lead pentester person personnel planner pm product-owner producer programmer reporter
    requester researcher responder reviewer rookie salesperson scientist senior specialist sre staff staffer
    stakeholder steward student subcontractor superintendent supervisor support-agent teammate technician tester
    trainee translator tutor undersigned veteran volunteer woman writer assignee copywriter deployer dev-on-call
    duty-manager first-responder handler-on-duty incident-commander labourer laborer proofreader rater shift-lead
    signatory sysadmin tech-lead techlead worker-on-shift apprentice architect-on-duty operative beginner amateur
    fool moron clown cowboy newbie noob db-guy successor predecessor handler gatekeeper trainer auditor counterpart
    accountant lawyer marketer trader underwriter nurse doctor clinician physician teacher cashier merchandiser
    bookkeeper recruiter adjuster statistician economist strategist journalist electrician receptionist secretary
    treasurer chairman president founder co-founder cofounder rep representative salesman saleswoman spokesperson
    facilitator scribe mathematician physicist biologist linguist ontologist technologist mechanic installer-on-site
    chap bloke dude lady kid gal mate paralegal pharmacist radiographer radiologist surgeon anaesthetist midwife
    paramedic porter registrar sister matron dentist veterinarian optician therapist psychologist caseworker actuary
    quant dealer comptroller foreman forewoman welder rigger stocker storekeeper shopkeeper greengrocer baker
    butcher chef waiter waitress bartender stewardess helmsman signaller signalman switchman lineman linesman
    groundskeeper gardener painter carpenter surveyor geologist chemist botanist toxicologist archivist librarian
    historian correspondent columnist photographer cameraman presenter announcer interpreter transcriber typist
    stenographer notary solicitor barrister attorney magistrate constable sergeant detective lieutenant colonel
    soldier firefighter policeman policewoman nephew niece cousin brother husband wife son daughter friend buddy
    greenhorn temp crowdworker scheduler-on-duty expediter forwarder purser loadmaster stevedore
    docker-hand hero saviour savior wizard guru ninja rockstar mastermind whizz einstein champion legend perpetrator
    offender wrongdoer bungler culprit-in-chief slacker shirker passer-by onlooker bystander subordinate underling
    peer higher-up superior deputy adjutant understudy stand-in substitute replacement-engineer returner starter
    adult grown-up teller banker broker-on-duty warden custodian janitor plumber caretaker watchman guard-on-duty
    dataset-owner data-owner
    """
)
"""Nouns of one person."""

GROUPS = word_set(
    "team crew desk helpdesk squad group department staff personnel management leadership shift committee board workforce folks "
    "people guys gang bunch outfit cohort-of-engineers brigade posse lot-of-them directorate secretariat cabinet council "
    "engineers colleagues guild unit-of-engineers taskforce chapter on-calls operations-staff"
)
"""Nouns of several persons."""

DEPARTMENTS = word_set(
    "marketing ops devops secops support qa product finance sales legal infra security operations engineering hr "
    "procurement "
    "platform compliance accounting netops mlops growth design sre data-science"
)
"""Words that are a group of people only where they stand alone as the subject."""

ORGANISATIONS = word_set(
    "vendor supplier provider partner company client customer user users consumer subscriber visitor merchant "
    "shopper public "
    "agency firm outsourcer subsidiary"
)
"""Parties outside: what they did is a fact, and only a shortcoming said of them is blame."""

ADVERSARIES = word_set("attacker hacker fraudster spammer intruder adversary abuser thief scammer")

NOT_PEOPLE = word_set(
    """
    bot rotation schedule tool tools agent-tool console roster calendar policy dashboard channel page queue override
    overrides handbook guide runbook error rate service pipeline job system alert list
    """
)

QUANTITIES = word_set(
    "one two three four five six several some many most all none both each any half member members rest part few"
)
QUANTITIES |= word_set("majority number lot couple bunch pair neither either head")

DETERMINERS = word_set(
    "the a an this that these those each every no some any another either neither both all such what whichever"
)
POSSESSIVES = word_set("my our your his her their its whose")
BE = word_set("be am is are was were been being 's 're 'm ain")
HAVE = word_set("have has had having 've 'd")
DO = word_set("do does did doing done")
MODALS = word_set("will would shall should can could may might must ought 'll cannot wo ca")
NEGATIONS = word_set("not n't never hardly barely scarcely no-longer nor")
PREPOSITIONS = word_set(
    "of in on at from for by with without to into onto over under after before during about against between through "
    "throughout across upon within despite like unlike per via toward towards out off up down around since until "
    "till as than "
    "among amid amidst behind beyond near regarding concerning notwithstanding because-of"
)
SUBORDINATORS = word_set(
    "because since when while if although though unless until till whereas whenever once as before after that "
    "which whose "
    "where how why whether what than lest"
)
RELATIVES = word_set("who whom which that whoever")
CONJUNCTIONS = word_set("and but or then yet plus &")

MONTHS = word_set(
    "january february march april june july september october november december monday tuesday wednesday thursday "
    "friday "
    "saturday sunday"
)

ADVERBS = word_set(
    """
    again too also just simply still then always ever even twice once anyway perhaps maybe soon later first already
    rather quite very so now here there almost often sometimes instead together alone ahead back straight well else
    indeed thus hence somehow yesterday today tonight first-of-all meanwhile however therefore apparently clearly
    only basically seemingly lol ugh sorry further right literally please away aside apart elsewhere anymore
    """
)
NOT_ADVERBS = word_set(
    "reply family anomaly supply assembly daily nightly weekly monthly hourly july rally ally bully fly apply"
)
NOT_ADVERBS |= word_set("belly italy comply rely multiply imply tally early likely friendly homily only")

BAD = word_set(
    """
    bad wrong broken faulty untested buggy unreviewed incorrect defective flawed incomplete unverified invalid
    misconfigured malformed half-baked half-finished half-tested unapproved unauthorised unauthorized unvetted
    unvalidated unchecked dodgy shoddy crappy terrible awful horrible garbage rubbish crap junk nonsense botched
    poor poorly-tested lousy dangerous unsafe careless sloppy risky questionable ill-advised ill-considered debug
    mistaken erroneous catastrophic disastrous wrongly-configured inappropriate unfinished false misleading
    inaccurate
    """
)
"""What says that a thing was not fit to be used."""

BAD_NOUNS = word_set(
    """
    bug bugs regression defect defects mistake mistakes error errors typo typos mess garbage crap junk nonsense
    outage incident fault faults flaw flaws vulnerability leak blunder slip problem problems issue issues failure
    disaster chaos havoc downtime disruption breakage trouble loop confusion delay delays spike debacle catastrophe
    crash backlog misconfiguration miscalculation inconsistency data-loss duplicates misstep interruption corruption
    headache trainwreck fiasco this
    """
)
"""What one would rather not have caused."""

FAULTS = BAD_NOUNS - {"loop", "backlog", "spike", "duplicates"} | word_set("loss damage breach impact losses harm")
"""After `responsible for`, these make ownership into blame."""

STRONG_NOUNS = word_set(
    """
    carelessness negligence misconduct malpractice dereliction disregard incompetence inattention inattentiveness
    laziness sloppiness complacency recklessness ineptitude thoughtlessness pebkac irresponsibility forgetfulness
    unprofessionalism stupidity indifference inexperience heedlessness clumsiness layer-8 id-10-t laxity nonchalance
    apathy
    """
)
"""Shortcomings that only a person has."""

ERROR_OWNERS = word_set("manual handling clerical typing keying")
ERROR_OWNERS |= word_set("human operator user pilot personnel engineer people developer admin reviewer driver staff")
ERROR_WORDS = word_set(
    "error errors mistake mistakes failure fault faults lapse slip negligence carelessness oversight blunder"
)
MEASURES = word_set(
    "rate rates budget budgets code codes message messages count counts handler handlers share metric page pages"
)
MEASURES |= word_set(
    "log logs report reports tracker category label field dashboard alert alerts class type tolerance reporting"
)
MEASURES |= word_set("ratio threshold proofing handling boundary boundaries path recovery correction analysis journey")

WEAK_NOUNS = word_set(
    """
    mistake mistakes error errors oversight oversights lapse lapses slip slip-up fault blunder blunders misjudgement
    misjudgment typo failure haste inexperience ignorance omission omissions misunderstanding failing failings
    shortcoming shortcomings misreading miscommunication indecision confusion overconfidence impatience arrogance
    hubris fatigue fumble inaction neglect judgement judgment screw-up mess-up goof misstep wrongdoing misconduct
    unwillingness reluctance refusal laziness forgetting slackness hastiness indiscipline mishandling incompetence
    attitude behaviour behavior mindset mentality recklessness stubbornness carelessness hesitation eagerness ego
    """
)
"""Shortcomings where a person is named with them."""

DEEDS = word_set(
    "commit change changes pr patch merge push edit code deploy deployment fix tweak script action actions decision"
)
DEEDS |= word_set("refactor prompt config query migration release rollback choice upload command")
"""What a person made: with a name before it and harm after it, the name is blamed."""

LACKS = word_set(
    "care attention discipline diligence skill competence professionalism commitment responsibility effort rigour"
)
LACKS |= word_set(
    "rigor judgement judgment vigilance experience carefulness motivation thoroughness focus caution foresight"
)
LACKS |= word_set(
    "accountability due-diligence expertise sense common-sense seriousness concentration urgency ownership-mindset"
)

TRAITS = word_set(
    """
    unauthorised unauthorized careless negligent sloppy lazy inattentive incompetent complacent reckless distracted
    irresponsible unqualified trigger-happy inexperienced incapable unfit untrustworthy blase lackadaisical
    overeager gung-ho shortsighted culpable liable answerable daydreaming dozing slacking inconsiderate uninterested
    unprofessional asleep confused overconfident hasty clumsy lax forgetful thoughtless undisciplined inept derelict
    clueless absent-minded naive stupid dumb foolish cavalier heedless impatient arrogant stubborn unprepared
    slapdash slack remiss half-asleep hungover drunk nervous tired drowsy sleepy bored overtired overworked harried
    flustered muddled scatterbrained neglectful slipshod ham-fisted pig-headed headstrong impulsive impetuous
    feckless indolent workshy cowardly spineless dishonest deceitful obstructive uncooperative inexpert unskilled
    untalented dim dense gullible unthinking half-hearted disengaged bumbling hapless gormless boneheaded hot-headed
    oblivious amateurish ignorant panicked mistaken wrong guilty blameworthy unreliable useless disorganised
    disorganized ashamed pathetic hopeless unwilling reluctant indifferent unmotivated imprudent rash
    """
)
"""Said of a person after `was` or `got`."""

STRONG_TRAITS = word_set(
    """
    careless negligent sloppy incompetent reckless irresponsible thoughtless inattentive clumsy slapdash
    unprofessional half-hearted cavalier amateurish inept foolish lackadaisical
    """
)
"""Said of work or of a deed, these still judge the person."""

GOOD_TRAITS = word_set(
    """
    careful attentive competent diligent qualified thorough vigilant professional cautious responsible disciplined
    focused awake serious prepared conscientious alert rigorous proactive capable fit mindful honest bothered
    """
)
"""Blame where they are denied, or asked for with `more`."""

STRONG_ADVERBS = word_set(
    "carelessly negligently recklessly sloppily irresponsibly thoughtlessly stupidly foolishly incompetently "
    "inattentively wantonly blithely half-heartedly selfishly obliviously "
    "heedlessly unthinkingly cluelessly needlessly lackadaisically"
)
STRONG_ADVERBS |= {(trait[:-1] + "i" if trait.endswith("y") else trait) + "ly" for trait in STRONG_TRAITS}
STRONG_ADVERBS |= word_set("unprofessionally arrogantly ignorantly complacently inconsiderately inexcusably shamefully")
ACCIDENT_ADVERBS = word_set(
    "mistakenly inadvertently accidentally wrongly erroneously hastily blindly improperly prematurely rashly "
    "unwittingly "
    "unintentionally absentmindedly absent-mindedly clumsily incorrectly naively lazily unwisely unilaterally "
    "casually arbitrarily impatiently single-handedly knowingly deliberately wilfully "
)
WORK = word_set(
    "review reviews work testing handover job deployment response approval check checks rollout coding planning edit"
)
WORK |= word_set(
    "handoff communication configuration maintenance execution preparation documentation change analysis engineering"
)

ATTENTION = word_set(
    """
    dashboard dashboards graph graphs warning warnings alert alerts alarm alarms page pages message messages email
    emails mail checklist checklists runbook procedure procedures policy policies guideline guidelines protocol step
    steps review reviews advice risk risks instruction instructions sign signs signal signals rule rules process
    ticket tickets note notes concern concerns complaint complaints check checks test tests notification
    notifications escalation report reports reminder reminders backup documentation guidance feedback playbook
    comment comments approval verification sign-off dry-run canary request requests call calls recommendation
    recommendations standard standards training evals
    """
)
"""What people, and not programs, are to attend to."""

RULEBOOKS = word_set(
    "procedure procedures checklist checklists runbook policy policies guideline guidelines protocol protocols steps "
    "instructions instruction rules rule process processes playbook guidance practice practices"
)

CARE = word_set(
    """
    investigating fixing opening watching test testing tests review reviewing checking check checks reading asking
    telling permission approval authorisation authorization notice warning verifying thinking care running looking
    informing notifying consulting evals eval validation validating approvals sign-off dry-run double-checking
    supervision consent confirming authority escalating consideration realising realizing considering regard
    following waiting being coordinating backup rehearsal telling-anyone understanding bothering noticing where
    limit plan ticket reason justification caution
    """
)
"""What a person is said to have done without."""

GUARDS = word_set(
    "alert alerts alarm alarms monitor monitors monitoring guard guards check checks safety canary backup backups "
    "test tests "
    "validation gate gates limit limits limiter logging safeguard safeguards protection evals guardrail "
    "guardrails firewall authentication 2fa mfa encryption auditing quota "
)
HOT = word_set(
    "production prod live customer customers records record audit backup backups database db table "
    "tables bucket "
    "index data wrong entire all volume cluster schema history everything site master primary logs environment"
)
REMEDIED = word_set(
    "duplicate duplicates stale old unused bad test tests leaked temporary expired poisoned faulty broken "
    "obsolete orphaned "
    "corrupt corrupted offending affected cached cache malicious compromised wrong-rows staging-copy feature "
    "redundant empty "
)
CONTAINED = word_set(
    "flag flags switch process processes query queries job jobs session sessions pod pods run runs rollout "
    "variant feature "
    "container containers request requests replica time canary connection connections test link thread release "
    "experiment "
)
PLANNED = phrases(
    """
    as planned | as agreed | as scheduled | planned | on purpose | per the runbook | to stop | to contain | to limit
    | to prevent | to halt | as the runbook | according to | as a precaution | following the runbook | from the
    runbook | as instructed | as documented | to protect | to restore | to reduce | during the maintenance | for
    maintenance | for the duration | until the fix | as a test | in the drill
    """
)

TALK = word_set(
    "term terms phrase phrases word words wording sentence sentences blameless blamelessly expression jargon "
    "label labels "
    "glossary linter lint vocabulary heading hindsight"
)
"""A sentence about language, not about somebody."""

UNBLAMING = phrases(
    """
    no single | no individual | not about | nobody is | no-one is | without blam | not to blame | no-one person |
    nothing wrong | not attribute | wrong to blame | not at fault | no blame | nobody was | no-one was |
    not blame | do not look for | not looking for | unfair to | not fair to | it would be
    wrong | does not explain | explains nothing | is not a root cause | is not the cause | never the root | is never
    | is a symptom | is the start of | is inevitable | is expected | are expected | are inevitable | is normal |
    blameless | is where our | is where the | is where an | easy , and wrong | would be easy , | tempting to | would
    be easy to | did anything wrong | not ask who | not who | did wrong here | anything wrong here
    """
)
"""Openings in which blame is denied."""

MIND = word_set(
    """
    decision choice insistence refusal reluctance hesitation assumption attitude behaviour behavior habit shortcut
    eagerness ego stubbornness silence inability action actions inaction intervention improvisation impatience
    curiosity confidence gamble guess conduct handling move judgement judgment indecision rush shortcuts pressure
    """
)
"""What a person decided or was like: blame where a failure is said to follow from it."""

LAZY_WORK = word_set(
    "cursory perfunctory superficial hasty rushed lazy shoddy poor inadequate insufficient improper late bad"
)
"""Said of a review, a test or a handover, these judge the one who did it, where somebody is named."""

PEJORATIVES = word_set(
    "fool fools idiot idiots moron morons clown clowns noob noobs cowboy cowboys amateur amateurs imbecile dimwit"
)
"""Names that one calls people."""
