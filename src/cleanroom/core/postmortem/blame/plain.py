"""Which ordinary words may begin a sentence with a capital, and are no names?"""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import word_set

PLAIN = word_set(
    """
    it its itself
    access account accuracy action agent ai alarm answer api app application apology area archive array article aside
    asset attack attempt attribution automation availability average background bandwidth batch battery behaviour
    benchmark bill bit block body boot border bot branch breach broker browser bucket budget buffer build burst button
    byte cable cadence campaign capacity card cart case category cause certificate chain channel charge chart chat
    chatbot checkout child chunk circuit city classifier clause client clock cloud cluster cohort colour column
    commerce company comparison component computer concurrency condition connection connector console consumer content
    context contract control conversion cookie copy core correlation cost country coupon course coverage cpu
    credential credit crawler cron currency cursor cycle daemon dashboard datacentre datacenter date day deadlock debt
    debugger deck default deletion delivery demand dependency desk detail detection detector device diff digest disk
    display dispute dns document documents domain drift driver dump duration dust edge effect egress email embedding
    encoder endpoint engine entry envelope escalation estimate evaluation evening event everything evidence example
    excerpt exception exclusion experiment expiry explanation export extra fact factor factors failover fallback
    fan-out feature feed fetcher field figure file filter finding findings fleet folder follow-up font footer form
    format formula fraud freshness front frontend function funnel gap gateway goal golden grace graph ground group
    growth guardrail half hardware hash header health heap heartbeat heat help hint holiday home hop host hotfix hour
    hours http https idea identity image impact impacts import improvement incident incidents indexer inference
    infrastructure ingest ingress injection input instance insight interface internet interval inventory invoice
    isolation item jitter job journal journey jump kernel key keyword kind knowledge label lack lag language laptop
    latency launch layer leader leadership lease ledger length lesson lessons level library licence license light line
    link listener load loader locale lock log logic login loop luck machine mailbox mailer main manifest map mapping
    margin market master match matcher matter mean measure mechanism media meeting memory menu metadata metric
    middleware migration minute mirror mitigation mode model models module moment month morning mutex namespace
    network neither news next night node noise nothing notebook notifier number object offset onboarding operation
    option orchestrator order origin orphan outage outbox outcome outlier output overhead owner packet panel parameter
    parser parity part partition password past patch path pattern payload payment peak pending performance period
    permission phase phone picture pipeline pixel place plan plugin point pool port portal position postmortem power
    precision prefix pressure price primary privacy probe problem process processor profile program project promise
    promotion proof property proposal provider proxy purchase query question queue quota race range rank ranker rate
    ratio reason recall receipt recommendation record recovery redirect reference refund region register registry
    regression release reminder replay replica replication report request requests research reset resolver resource
    response rest result results retention retraining retrieval retriever retry retries revenue review risk risks role
    rollback root rotation round route router routing row rows rule runbook runner runtime safeguard sale salt sampler
    sampling sandbox sanitiser save schedule scheduler schema scope score scraper screen script search second secret
    section seed segment selector sensor sequence serializer server service session setting severity shadow shape
    shard sheet shop side signal signature silence site size sketch skew snapshot socket software something source
    space span spike stack stage staging state statement statistic status step stock storage store storm stream string
    structure subject subscription suite sum summariser summarizer summary summer switch symptom sync syntax system
    table tag target task tax telemetry template tenant term test text theory thing things thread threshold throughput
    ticket tier time timeline timeout timer title today token tone tool top topic total trace tracking traffic
    training transaction transfer translation trend trial trigger trust truth tuning turn type uptime upload url usage
    validator value variant vector version view virtual visibility voice volume wait wallet warehouse watchdog wave
    way webhook website week weekend weight wheel whatever whoever width window winter word work worker workers
    workflow workload workspace world writer year zone yes hello hi thanks thank kudos congrats congratulations bravo
    brilliant great nice good well please sorry dear ok okay lol hats slow classic typical prevention
    monitoring sev sev1 sev2 mttr mttd slo sla utc cet est pst gmt eu us uk usa europe asia africa america germany
    france spain italy india japan china brazil canada london berlin paris dublin tokyo york emea apac latam english
    french german spanish turkish japanese chinese italian easter christmas ramadan diwali black pilot human due bad
    poor plain simple pure sheer learned detect contain communicate diagnose mitigate verify first last
    third final previous initial current early late long short several many few more most less much enough only other
    same old new big small high low full partial empty open closed hidden clear likely possible unknown unclear true
    false known
    """
)
"""In lower case; a plural in -s counts with its singular."""
