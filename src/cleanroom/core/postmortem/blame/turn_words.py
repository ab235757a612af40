"""Which classes of words do turns of phrase speak of? A turn names a class in capitals; see turns.py."""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import word_list

CLASSES = {
    "MELT": word_list(
        """
        melt fry fried torch toast crater hobble hobbled kneecap wedge wedged kneecapped pollute polluted poison
        taint garble garbled scramble deadlock saturate saturated choke choked starve starved
        """
    ),
    "SHODDY": word_list(
        """
        lazy sloppy careless shoddy half-hearted slapdash half-baked lousy crappy reckless garbage rubbish
        amateurish cursory perfunctory
        """
    ),
    "UNFIT": word_list(
        """
        inattentive careless negligent incompetent distracted overconfident clueless inexperienced reckless
        sloppy lazy impatient confused overeager hasty
        """
    ),
    "CHECKED": word_list(
        """
        test check read look ask verify review think bother open try rotate rehearse validate question run raise
        report
        """
    ),
    "GUESSING": word_list(
        """
        guess forget ignore not fail misread leave skip assume type press click copy paste run push deploy edit
        change have use try take confuse mix
        """
    ),
    "FONDNESS": word_list(
        """
        obsession fixation love fondness penchant insistence vanity pride quest ambition impatience stubbornness
        hunger
        """
    ),
    "SKILL": word_list(
        """
        awareness understanding grasp competence judgement judgment discipline care skill skills maturity
        common-sense experience seriousness rigour rigor initiative backbone courage
        """
    ),
    "VICE": word_list(
        """
        carelessness laziness negligence forgetfulness haste panic impatience overconfidence complacency
        arrogance ignorance pebkac incompetence inattention sloppiness stupidity madness folly stubbornness
        absent-mindedness thoughtlessness hubris
        """
    ),
    "MOTIVE": word_list(
        """
        laziness carelessness haste spite boredom impatience ignorance stubbornness curiosity convenience panic
        complacency arrogance negligence
        """
    ),
    "LEARN": word_list(
        """
        learn understand grasp appreciate realise realize think see notice recognise recognize heed listen care
        bother anticipate spot
        """
    ),
    "JUDGEMENT": word_list(
        """
        judgement judgment decision-making workmanship discipline supervision attitude conduct performance
        housekeeping hygiene
        """
    ),
    "RASH": word_list(
        """
        absent-minded careless clumsy thoughtless hasty sloppy lazy reckless impulsive rash foolish stupid
        ill-considered ill-judged misjudged fat-fingered drunken sleepy impatient overeager ham-fisted
        """
    ),
    "ACTION": word_list(
        """
        click paste keystroke edit command commit decision typing copy-paste merge push action actions act deed
        move touch hand hands finger fingers click-through approval sign-off signature deletion cleanup change
        experiment improvisation handling work job reading rollout response reply prompt guess coding practice
        practices behaviour behavior mistake error shortcut remark workaround fix patch query choice handover
        planning estimate stunt
        """
    ),
    "ANSWER": word_list(
        """
        response reaction reply answer handling work decision handover communication planning preparation review
        judgement
        """
    ),
    "LACKING": word_list(
        """
        insufficient inadequate sloppy poor careless negligent hasty unprofessional unacceptable lacking
        deficient disappointing substandard shoddy
        """
    ),
    "WATCHED": word_list(
        """
        supervise supervised chaperone chaperoned babysit babysat accompany accompanied shadow monitor
        micromanage micromanaged bench sideline sidelined ground demote
        """
    ),
    "MORE": word_list(
        """
        greater great increase increased heightened high higher better strict stricter more utmost extra renewed
        special
        """
    ),
    "VIGILANCE": word_list(
        """
        vigilance care attention discipline diligence awareness attentiveness caution concentration alertness
        conscientiousness
        """
    ),
    "GUIDANCE": word_list(
        """
        guidance counselling counseling instruction re-education coaching correction admonition education
        lecture lectures
        """
    ),
    "COUNSEL": word_list(
        """
        counsel counselled coach instruct sensitise sensitised sensitize lecture lectured educate educated
        admonish discipline reprimand punish penalise retrain re-trained warn
        """
    ),
    "BETTERING": word_list(
        """
        reading guessing listening testing checking looking thinking blaming caring paying treating being doing
        taking acting playing behaving working following documenting writing
        """
    ),
    "TOUCHING": word_list(
        """
        writing running deploying touching touch reviewing approving merging pushing typing using making in on
        near anywhere around allow let trust
        """
    ),
    "THOUGHT": word_list(
        """
        read check thought testing attention work care common effort diligence courage honesty curiosity
        foresight planning
        """
    ),
    "COMPETENT": word_list(
        """
        competent~ proper~ decent~ serious~ sane~ reasonable~ careful~ diligent~ attentive~ sensible~ prudent~
        professional~ real~ experienced~ half-awake~ self-respecting~ half-competent~ seasoned~ responsible~
        """
    ),
    "TASK": word_list(
        """
        do find notice realise realize work figure read see type press click admit answer look understand roll
        turn restart copy
        """
    ),
    "NICE": word_list(
        """
        nice good great smooth smart clever brilliant bold classy lovely top excellent stellar fine well slick
        superb genius outstanding wonderful fantastic
        """
    ),
    "MISS": word_list(
        """
        miss forget overlook not ignore think see let approve merge deploy ship push leave fail notice confuse
        sign allow be
        """
    ),
    "DROWSY": word_list(
        """
        blind asleep awake kidding serious stupid incapable unable incompetent drunk paying listening sleeping
        joking new trying
        """
    ),
    "EXPECTED": word_list(
        """
        call check test read ask look notice say tell escalate think bother wait push deploy merge approve
        ignore leave skip delete speak stop act react do follow review
        """
    ),
    "DID": word_list(
        """
        let give approve put leave deploy push merge break write touch change turn forget delete decide sign
        hire hired thought wipe skip review test
        """
    ),
    "TONE": word_list(
        """
        apparently evidently naturally obviously predictably inevitably unsurprisingly brilliantly cleverly
        wisely ingeniously heroically helpfully miraculously
        """
    ),
}
"""Name -> its words."""
