"""Which capitalised words are people, and which are products? Given names of many places, and names of systems.

The lists only help: a name that is in neither is judged by its shape and by the verb after it (see tokens.py).
"""

from __future__ import annotations

from cleanroom.core.postmortem.blame.lexicon import phrases, word_set

GIVEN = word_set(
    """
    aaron abby abdul abdullah abebe abel abena abigail abu ada adam adaeze adele adil aditi aditya adrian adriana
    adwoa agnes agnieszka ahmad ahmed aicha aiden aiko aileen aisha aishwarya ajay akash aki akiko akin akira akosua
    akua alain alan alba albert alberto aleksander aleksandra alessandra alessandro alessia alex alexander alexandra
    alexei alexis alfonso alfred ali alice alicia alina alisa alison alla allan allen alma alvaro alyssa amadou amal
    amanda amara amber amelia amina amir amira amit amrita amy ana anaïs anand anders andre andrea andreas andrei
    andrew andrey andrzej aneta angela angelo angus anh anika anil anita anja anjali ankit ankita ann anna anne anneke
    annette annie ansel anthony antoine anton antonia antonio anurag anya aoife april ari arjun armando arnaud arne
    arthur artur arturo arun arvind asha ashley ashok asif astrid asuka ato audrey august aurora ava avi axel aya
    ayaan ayasha ayesha aylin ayşe aziz babak bakari bao barbara bart bartek bastian beata beatrice beatriz becky ben
    benedikt benjamin benoit bernard bernd bert beth bianca bilal birgit bjorn björn bob bogdan bojan boris brad
    brandon brenda brendan brett brian bridget brigitte bruno bryan caitlin callum camila camille carla carlos carmen
    carol carolina caroline carsten catalina catherine cathy cecilia cedric celeste celine cesar chad chan chandra
    chang chantal charles charlie charlotte chen cheng chiara chidi chike chinedu chinonso chinwe chioma chloe chris
    christian christina christine christoph christopher chukwu chun ciara cindy claire clara clarence claudia claudio
    clement colette colin colleen connor constantin conor corinna craig cristian cristina cynthia dagmar daisuke
    dale damian damien dan dana daniel daniela danielle danny daria darius darko darren dave david davide deborah
    deepa deepak deepika delphine denis denise dennis derek desmond devi devon dhruv diana diane diego dieter dimitri
    dimitris dina dinesh dirk divya dmitri dmitry dmytro dominic dominik dominique don donald donna dora doris dorota
    dorothy doug douglas dragan drew duc duncan dylan ebba ebony eduardo edward edwin efua eileen ekaterina elaine
    elena eleni eleanor eli elias elif elijah elin elisa elise elizabeth ella ellen elliot elsa elvira emanuel emeka
    emil emilia emilie emily emir emma emmanuel emre enrico enrique enzo eric erica erik erika erin ernesto esi esra
    esteban estelle esther ethan etienne eugene eva evan evelyn ewa ezra fabian fabio fadi faisal fang farah farhan
    farid faruk fatima fatma fatou federica federico felicia felipe felix feng fergus fernanda fernando filip fiona
    florence florian folake folasade frances francesca francesco francis francisco franck francois françois frank
    franz fred freddie frederic frederik freja freya frida friedrich fumiko gabriel gabriela gael gareth gary gavin
    gemma genevieve geoff george georgia gerald gerard gerd gianluca gideon gilbert gilles gina giorgio giovanna
    giovanni giulia giuseppe gloria godfrey goran gordon grace graham greg gregor gregory greta guido guillaume
    guillermo gunnar gustav gustavo gwen habib hadi hadiza haile hakan hamid hamza han hana hanna hannah hans hao
    haris harold harry haruka haruki haruto hasan hassan hector heidi heike heinz helen helena helga helmut hendrik
    hannes henri henrik henry herbert herman hideo hien hilda hiro hiroko hiroshi hitoshi hoang holger holly huda hugh
    hugo hui hussein hyejin hyun iain ian ibrahim ida idris ifeoma igor ijeoma ikram ilan ileana ilya iman imani imran
    ina indira ines inés inga inge ingrid ioana irena irene irina isaac isabel isabella isabelle isaiah ishaan ismail
    istvan ivan ivana iwona jack jackie jackson jacob jacqueline jacques jada jagdish jahid jaime jake jakob jakub
    jamal james jamie jan jana jane janek janet janice janine jared jasmin jasmine jason javier jay jayden jean jeanne
    jeff jeffrey jelena jenna jennifer jenny jens jeremy jerome jerry jesper jess jesse jessica jesus jian jie jill
    jim jimena jimmy jin jing jiho jiri jiwon jiyoung joachim joan joana joanna joao joaquin jocelyn jochen joel johan
    johann johanna john johnny jolanta jon jonas jonathan jordan jorge jose josef joseph josephine josh joshua josie
    joy joyce juan juana judith judy jules julia julian juliana julie julien juliette jun june jung junko jurgen
    jürgen justin justyna kabir kacper kai kaito kamal kamala kamil kamran karan karen karim karin karina karl karol
    karolina kasia kate katarina katarzyna katerina katharina katherine kathleen kathy katie katja katrin kavita kavya
    kay kayla kazuo kazuki keiko keith kelechi kelly kemal ken kenji kenneth kenta kevin khadija khaled khalid kieran
    kim kiran kirsten kirsty klara klaus kofi kojo konrad konstantin kourosh krishna kristen kristin kristina kristof
    krzysztof kunal kurt kwabena kwaku kwame kwasi kwesi kyle kylie kyoko lakshmi lamine lara larissa larry lars
    laszlo latif latoya laura lauren laurence laurent lea leah leandro lee leif leila lena lenka leo leon leonard
    leonardo leonie leonor leroy lesley leslie leticia levi lewis li liam lidia lien liesbeth lila lili lilian liliana
    lilly lily lin lina linda ling linh linus lisa liu liv livia liz lloyd logan lola loredana lorena lorenzo loretta
    lorna lou louis louisa louise luca lucas lucia lucía lucie lucien lucy ludmila ludwig luigi luis luisa lukas
    lukasz luke luna lydia lynn maarten madeleine madison mads magda magdalena magnus mahmoud mai maja makoto malcolm
    malik malin mamadou mandla mandy manfred manish manoj manon manuel manuela mara marc marcel marcela marcelo marcia
    marcin marco marcos marcus marek margaret margarita margot maria mariam mariana marianne marie marija marina mario
    marion marisol marius marjan markus marlene marta martha martin martina martyna marvin mary maryam masha mason
    massimo mateo mateusz mathias mathieu mathilde matilda matt matteo matthew matthias matthieu maureen maurice
    mauricio maurizio max maxim maxime maya megan mehdi mehmet mei meilin melanie melissa mercedes meret mia michael
    michaela michal michał michel michele michelle miguel mihai mika mike mikhail mikko milan milena miles milica
    milos min minh mina ming mira miranda miriam mirko miroslav misha mitch moana mohamed mohammad mohammed
    mohan moira mona monica monika monique morgan moritz moses moshe mostafa muhammad mukesh murat musa mustafa myriam
    nabil nadia nadine nadja nam nana nancy nandini naoki naoko naomi nasir nasser nastya natalia natalie natasha
    nathalie nathan nathaniel navin neema neha neil nelson neven ngoc ngozi nguyen nia niamh nicholas nick nicola
    nicolas nicole niels nigel nikhil nikita niklas niko nikola nikolai nikos nils nina nisha nitin njeri nkechi noah
    noam noel noemi nomvula noor nora norbert noriko norma norman nuno nur obinna odile ola olaf olavo ole oleg
    oleksandr olena olga olive oliver olivia olivier oluwaseun omar omari oscar oskar osman otto owen pablo padma
    paige pamela paola paolo parisa parvati pascal patrice patricia patrick patrik paul paula pauline paulo pavel
    pawel paweł pedro peggy penelope penny per percy perry peter petr petra petros phil philip philipp philippe phoebe
    phuong pia pierre pietro pilar piotr polina pooja prakash pranav prasad preeti priscilla priya priyanka quang
    quentin quinn rachel radek radhika rafael rahul raj raja rajan rajesh rajiv ralf ralph ram rama ramesh ramon
    ramona rana randall randy rani ranjit rania rashid rasmus raul raúl ravi raymond rebecca reena regina reiko rekha
    remi rena renata rene renee reza rhea rhys ricardo riccardo richard rick rico rita ritu riya rob robert roberta
    roberto robin rocio rodney rodrigo roger rohan rohit roland rolf roman romain ron ronald rosa rosalie rosario
    rosemary ross roxana roy ruben rudi rudolf rui rupert russell rustam ruth ryan ryo saad sabine sabrina sachin
    sadia saeed sakura salim sally salma salman salvatore sam samantha samir samira samuel sandeep sander sandra
    sandro sandy sanjay sanna santiago sara sarah sasha sashi satoshi saul saskia scott sean sebastian sébastien seema
    selena selin selma sergei sergey sergio seth severin shabnam shanice shane shannon sharon shaun shauna shawn
    sheila shen shinji shirin shirley shiv shreya shu shweta sid siddharth sibel sigrid silas silke silvia silvio
    simon simona simone siobhan siyabonga sofia sofie sonia sonja sophia sophie søren soren stacy stan stanislav
    stefan stefania stefano steffen stella stephan stephanie stephen steve steven stuart su subhash sumit sun sunil
    sunita suresh susan susana susanne suzanne sven svetlana swati sylvia sylvie sylwia szymon tadeusz takashi takeshi
    takumi tamar tamara tanja tanvi tanya tara tarek tariq tatiana tatsuya ted teresa terry thabo thandi thandiwe
    thanh theo theodor theresa thiago thierry thomas thorsten tiago tibor tiffany tim timo timothy tina tobias todd
    tom tomas tomasz tommaso tommy tomoko toni tony torsten tracy tran trevor tristan trung tuan tunde tyler uchenna
    ulrich ulrike uma umar umut ursula usha uwe vadim valentin valentina valeria valerie vanessa vasily vera verena
    veronica veronika vicente vicky victor victoria vijay vikram viktor viktoria vinay vincent viola violeta virginia
    vishal vivek vivian vlad vladimir volker volodymyr wafa walid walter wambui wang wangari wanjiru wayne wei wendy
    werner wiktor wilhelm will william willem winston wojciech wolfgang xander xavier xia xiang xiao xin xiomara yael
    yan yana yang yann yannick yara yaw yasmin yasmine yasuko ye yetunde yi ying yoko yolanda yong yoon yosef youssef
    yu yuan yue yui yuki yuko yuri yusuf yvette yvonne zack zainab zane zara zeinab zeynep zhang zhao zhen zoe zofia
    zola zoltan zuzana łukasz
    """
)
"""Given names (and a few family names that stand alone), in lower case."""

WORDS_TOO = word_set(
    """
    ada alba april ari art august bill chase dale dawn don drew eve faith frank grace grant guy han hope iris jack
    jade jay jean jin joy june kay kim lance lee li lily lin lou luna mark max may mike min miles morgan nick olive
    page pat penny per pia ray rich rob rose ross ruby sandy sue sun ted tony viola will ye yi yu su rui jun ram rama
    ron sid stan van violet
    """
)
"""Names that are words too: with a small letter they are the word."""

PRODUCTS = word_set(
    """
    airbyte airflow aiven akamai alembic alertmanager algolia alibaba alpine amazon amplitude android anthropic
    ansible apache apple aqua arangodb argo athena atlas atlassian aurora auth0 aws azure backstage bamboo bedrock
    bigquery bigtable bing bitbucket buildkite caddy calico camunda cassandra celery ceph chatgpt chef chroma chrome
    cilium circleci claude clickhouse cloudflare cloudfront cloudwatch cockroachdb cohere confluence consul copilot
    couchbase cron curl dagster databricks datadog dataflow dbt debezium deepseek django docker dremio druid dynamodb
    dynatrace elastic elasticsearch envoy etcd excel express facebook fargate fastapi fastly firebase firefox fivetran
    flagd flask flink fluentd gcp gemini gerrit git github gitlab gmail go google gpt grafana graphite graphql gradle
    groq gunicorn hadoop haproxy harbor hazelcast helm heroku hive honeycomb hubspot huggingface influxdb instagram
    intercom ios istio jaeger java javascript jenkins jira jupyter kafka keycloak kibana kinesis kong kotlin kubeflow
    kubernetes lambda langchain langfuse launchdarkly linear linkerd linux litellm llama llamaindex logstash looker
    loki macos mailchimp mariadb maven meilisearch memcached meta metabase microsoft milvus minio mistral mixpanel
    mlflow mongo mongodb mysql nagios nats neo4j netlify newrelic nginx nifi node nomad notion npm numpy oauth okta
    ollama openai opensearch opentelemetry oracle outlook pagerduty pandas paypal phi phoenix pinecone pingdom podman
    polars postfix postgres postgresql postman prefect presto prometheus puppet pulsar pulumi puma pydantic pypi
    python pytorch qdrant quay qwen rabbitmq rails ray react redis redpanda redshift render rollbar ruby rust s3
    safari sagemaker salesforce sap scylla segment selenium sendgrid sendmail sentry servicenow sftp shopify sidekiq
    skype slack snowflake snyk solr sonarqube spark splunk spring sqlalchemy sqlite sqs stripe supabase superset swift
    tableau teams telegram temporal tempo terraform tomcat traefik travis trino twilio twitter typesense ubuntu unix
    unleash uvicorn vault vercel vertex victoriametrics vitess vllm weaviate webflow whatsapp windows wordpress
    xgboost youtube zabbix zapier zendesk zookeeper zoom
    """
)
"""Names of products and companies, in lower case. Where a word is also a given name, the product is far commoner here."""

PRODUCT_ENDS = phrases(
    """
    db | ql | flow | base | hub | ops | grid | stack | cache | mesh | kit | lake | bot | ify | scale | gate | cloud |
    watch | queue | store | ware | proxy | guard | sync | gpt | lang | server | search
    """
)
"""How names of products often end."""
