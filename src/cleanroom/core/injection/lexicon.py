"""Which words stand for which idea of an attack, in English and a dozen other languages? Attacks share ideas, not sentences.

A term is one word, or up to four joined by `_`; `*` ends a stem; terms of Chinese, Japanese and Korean are found within words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cleanroom.core.injection.plain import folded

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
"""A word of a folded text."""

_IDEAS: Mapping[str, str] = {
    "override": """
        skip lift switch_off switched_off turn_off turned_off disable_moderation drop_your no_longer_bind
        no_longer_binds ignore ignores ignoring ignored disregard* forget forgets forgetting bypass* overrid*
        overrule* discard* neglect drop abandon erase void nullify supersede* replaces cancel ditch skip_over
        unlearn set_aside throw_out throw_away pay_no_attention do_not_follow don't_follow stop_following
        no_longer_apply no_longer_applies no_longer_valid are_lifted null_and_void are_void are_cancelled
        are_suspended take_precedence takes_precedence do_not_obey stop_obeying wipe ignorier* vergiss vergessen
        missacht* missachte beachte_nicht uberschreib* ausser_acht umgeh* ignorez oublie oubliez oublier
        faites_abstraction ne_tiens_pas_compte ne_tenez_pas_compte contourne* ignora ignorar ignorad olvida olvidar
        olvide olvidate desestima* haz_caso_omiso pasa_por_alto omite omitir ignori dimentica dimenticare
        dimenticate trascura* non_considerare ignorem esqueca esquecer esqueca-se desconsidere desconsidera* negeer
        vergeet игнорир* забудь* забыть отмени* не_обращай_внимания пренебрег* zignoruj* ignoruj* zapomnij pomin
        yoksay* unut gormezden_gel تجاهل انس 忽略 无视 無視 忘记 忘掉 忘れ 不要理会 抛弃 무시 잊어 잊고""",
    "prior": """
        previous prior above earlier preceding foregoing initial original existing former past so_far before_this
        up_to_now until_now you_were_given you_have_been_given you_received given_to_you you've_been_given
        told_before everything_before all_of_the_above your_other vorherig* bisherig* vorangegangen* obig* fruher*
        ursprunglich* precedent* anterieur* ci-dessus initiales initiale anterior* previ* arriba precedenti
        precedente iniziali originali acima voorgaande eerdere bovenstaande vorige предыдущ* прежни* вышеуказанн*
        ранее выше poprzedni* wczesniejsz* powyzsz* onceki yukaridaki السابقة أعلاه 之前 以前 以上 上述 先前 此前
        前の 前述 これまで 이전 위의""",
    "orders": """
        instruction instructions rule rules guideline guidelines directive directives prompt prompts command
        commands order orders programming training constraint constraints policy policies protocol protocols context
        messages direction directions task tasks objective anweisung* regel regeln richtlinie* vorgabe* befehl*
        aufgabe consigne* directive* regle regles tache instrucciones instruccion reglas ordenes directrices
        indicaciones istruzioni regole direttive indicazioni comandi instrucoes regras diretrizes orientacoes
        comandos instructies opdrachten regels инструкци* правил* указани* команд* промпт* задани* instrukcj*
        polecen* zasad* talimat* kural* komut* التعليمات القواعد الأوامر 指令 指示 规则 規則 命令 提示词 设定 ルール
        プロンプト 설정 지시 규칙 명령 프롬프트""",
    "limits": """
        restriction restrictions filter filters filtering safeguard safeguards guardrail guardrails safety ethic
        ethics ethical moral morals morality censorship limitation limitations content_policy content_policies
        usage_policy terms_of_service boundaries openai_policy moderation einschrankung* beschrankung*
        sicherheitsregel* ethisch* ethik limites limite ethique* ethiques securite restricciones etic* filtros
        limitazioni restrizioni filtri etica restricoes limitacoes ограничени* этик* этическ* фильтр* цензур*
        ogranicz* kisitlama* القيود 限制 道德 伦理 安全 审查 制限 倫理 フィルター 제한 윤리 검열""",
    "free": """
        unrestricted uncensored unfiltered unbound unchained unlimited unconstrained amoral jailbreak jailbroken
        jailbreaking limitless lawless do_anything_now do_anything anything_goes no_restrictions no_limits no_rules
        no_filter no_filters no_limitations no_boundaries without_restriction without_restrictions
        without_any_restrictions without_limits without_filters without_any_filters without_limitation
        without_censorship free_of_all freed_from free_from broken_free not_bound_by no_longer_bound liberated
        not_limited_by has_no_ethics no_ethical no_moral without_ethical without_moral without_any_ethical
        breaks_the_rules break_the_rules outside_the_rules uneingeschrankt* unzensiert* ohne_einschrankungen
        ohne_filter ohne_regeln sans_restriction sans_restrictions sans_limites sans_filtre sans_censure
        sin_restricciones sin_limites sin_filtros sin_censura senza_restrizioni senza_limiti senza_filtri
        senza_censura sem_restricoes sem_limites sem_filtros sem_censura zonder_beperkingen без_ограничений
        без_цензуры без_фильтров bez_ogranicz* kisitlama_olmadan بلا_قيود بدون قيود 不受限制 没有限制 无限制
        没有任何限制 制限なし 制限のない 제한 없는 없이""",
    "persona": """
        act_as acting_as behave_as pretend* roleplay* role_play playing_the_role play_the_role play_the_part
        simulat* impersonat* persona alter_ego you_are_now you're_now you_will_now you_are_going_to take_on_the
        assume_the assume_the_role embody imagine_you_are imagine_you're imagine_that_you your_name_is in_character
        stay_in_character break_character respond_as answer_as reply_as speak_as become_evil_twin du_bist_jetzt
        du_bist_ab spiele_die_rolle tu_so_als verhalte_dich agis_comme tu_es_maintenant vous_etes_maintenant
        fais_semblant joue_le_role comporte-toi actua_como ahora_eres finge_que fingiras haz_de_cuenta
        comportate_como agisci_come ora_sei adesso_sei fingi_di comportati_come aja_como agora_voce voce_agora
        finja_que finja_ser comporte-se_как_будто ты_теперь теперь_ты представь_что_ты притворись_веди_себя
        действуй_как jestes_teraz udawaj artik_sen gibi_davran أنت_الآن تصرف كأنك 你现在是 扮演 假装 假设你是
        あなたは今 になりきって のふりを 演じて 당신은 이제 너는 역할""",
    "mode": """
        debug_output root_override superuser clearance_code unlocked unlocked_mode chaos_mode filter_off filters_off
        safety_off safety_layer guard_rails_off maintenance diagnostic unrestricted_answers full_feature_set
        owner_level developer_mode debug_mode god_mode maintenance_mode admin_mode sudo_mode dev_mode jailbreak_mode
        test_mode diagnostic_mode unrestricted_mode root_mode opposite_mode mode_enabled mode_activated mode_on
        devmode sudo dan stan dude aim do_anything_now evil_confidant evilbot omega entwicklermodus wartungsmodus
        mode_developpeur modo_desarrollador modo_de_desarrollador modo_programador modalita_sviluppatore
        modo_desenvolvedor modo_de_desenvolvedor режим_разработчика tryb_dewelopera gelistirici_modu وضع المطور
        开发者模式 開発者モード 管理员模式 개발자 모드""",
    "ai": """
        model models agent_that_reads summariser summarizer grader evaluator ai ais assistant assistants
        language_model language_models llm llms chatbot chatbots gpt chatgpt claude gemini copilot bot agent agents
        artificial_intelligence neural_network ai-powered_automated_system automated_systems virtual_assistant
        machine_reader ki assistent* sprachmodell* ia assistente asistente modele_de_langage modelo_de_lenguaje
        modello_linguistico modelo_de_linguagem ии ассистент* нейросет* языковая_модель asystent* yapay_zeka مساعد
        الذكاء 人工智能 语言模型 助手 人工知能 アシスタント 言語モデル 인공지능 어시스턴트""",
    "you": """
        you your yours yourself you're you've you'll du dein deine deinen deiner dir dich ihre ihr euch tu ton tes
        toi vous votre vos tus usted ustedes su te ti tuo tue tuoi tua voce seu seus suas sua jij je jouw uw ты тебе
        твои твоих твой твоя вы ваш ваши вам twoj* sen senin أنت 你 您 あなた 君 당신 너 너의""",
    "reveal": """
        reveal* show print printed repeat repeating output outputs display disclos* tell share leak dump echo recite
        expose write paste give provide list divulge spell_out quote reproduce type_out return copy summarize
        summarise translate read_back what_is what_are what_were what_was what_does zeig* gib drucke nenne
        wiederhole verrate offenbare schreibe montre* affiche* revele* repete* donne ecris muestra* revela* repite
        imprime dime escribe mostra* rivela* ripeti stampa dimmi scrivi mostre revele repita imprima diga escreva
        toon onthul herhaal покажи* раскрой* повтори* выведи* напиши сообщи pokaz* ujawnij powtorz wypisz goster yaz
        tekrarla أظهر اكشف اطبع 显示 输出 告诉 透露 打印 重复 表示 出力 教えて 見せて 繰り返 보여 출력 알려""",
    "sysprompt": """
        setup_text startup_text your_setup your_behaviour your_behavior rules_were_you lines_above text_you_were
        you_were_told defines_your your_own_instructions words_of_this_conversation message_of_this_conversation
        how_you_should_act you_must_not your_restrictions your_limits your_constraints system_prompt system_prompts
        system_message system_instructions initial_prompt initial_instructions hidden_prompt hidden_instructions
        secret_prompt secret_instructions your_prompt your_instructions your_full_instructions your_rules
        your_guidelines your_system developer_message developer_instructions preprompt pre-prompt text_above
        everything_above words_above message_above content_above first_message initialization your_configuration
        your_initial your_original your_exact your_hidden your_internal internal_instructions operating_instructions
        original_instructions custom_instructions base_prompt master_prompt before_this_conversation
        start_of_this_conversation beginning_of_this_conversation start_of_our_conversation top_of_this_conversation
        you_were_given what_you_were_told foundational_prompt instructions_you_were systemprompt systemanweisung*
        system-prompt deine_anweisungen deine_instruktionen prompt_systeme invite_systeme instructions_systeme
        tes_instructions vos_instructions prompt_del_sistema mensaje_del_sistema tus_instrucciones
        instrucciones_iniciales prompt_di_sistema le_tue_istruzioni istruzioni_iniziali prompt_do_sistema
        prompt_de_sistema suas_instrucoes instrucoes_iniciais systeemprompt системный_промпт системные_инструкции
        системную_подсказку твои_инструкции твоих_инструкций prompt_systemowy instrukcje_systemowe sistem_istemi
        sistem_talimat* موجه_النظام تعليمات النظام 系统提示 系统提示词 初始指令 你的指令 システムプロンプト 初期設定
        시스템 프롬프트""",
    "secret": """
        environment account_data customer_data all_users names_in_this_chat messages_of_the_user
        everything_the_user_wrote notes prompt_and_key the_key admin_password private_note private_notes
        phone_number phone_numbers e_mail_address email_address addresses internal_data internal_notes
        customer_names customer_records contact_list id_rsa hidden_text confidential_part password passwords api_key
        api_keys apikey credential credentials secret secrets secret_key private_key access_token access_tokens
        auth_token ssn social_security credit_card card_number conversation_history chat_history chat_log
        confidential_personal_data personal_information customer_list user_data private_data sensitive_data
        sensitive_information environment_variables .env passphrase security_code bank_account account_number
        mailbox contacts ssh_key ssh_keys cookies session_token 2fa_verification_code passwort passworter kennwort
        zugangsdaten geheim* mot_de_passe mots_de_passe identifiants contrasena* claves clave credenciales secreto*
        parola_chiave credenziali segret* senha senhas segredo* chave chaves wachtwoord* парол* секрет* ключ ключи
        hasl* tajn* sifre* gizli كلمة المرور 密码 密钥 秘密 機密 パスワード 비밀번호 비밀""",
    "verbatim": """
        verbatim word_for_word word-for-word_exactly_as in_full in_its_entirety in_a_code_block inside_a_code_block
        code_block code_fence character_by_character line_by_line unabridged unedited unmodified raw_text exact_text
        exact_wording exact_words without_changes starting_with starting_from beginning_with as_is do_not_paraphrase
        don't_paraphrase do_not_summarize do_not_omit nothing_omitted wortlich wortwortlich mot_pour_mot mot_a_mot
        textuellement palabra_por_palabra textualmente literalmente parola_per_parola palavra_por_palavra дословно
        слово_в_слово doslownie kelimesi_kelimesine حرفيا 逐字 原文 一字一句 原样 そのまま 그대로""",
    "refuse": """
        moralising moralise lectures no_excuses deny denial negative_words even_if_you_disagree no_refusal
        not_an_option counts_as_failure hold_back hold_nothing_back happy_to gladly refuse refuses refusing refusal
        refusals decline declining apologize apologise apologies disclaimer disclaimers warnings caveats i_cannot
        i_can't i'm_sorry i_am_sorry as_an_ai cannot_comply unable_to must_comply must_answer must_obey
        always_comply always_answer never_refuse never_say_no obey obeys obedient comply complies compliance
        hesitat* moralize moralizing lecture_me verweiger* weigere entschuldig* refuse* refuser t'excuse negarte
        negar rechazar rehus* rifiut* recus* recusar weiger отказ* odmaw* reddet* رفض 拒绝 道歉 拒否 断ら 거부 거절""",
    "prefix": """
        begin_your start_your begins_with begin_with start_with starts_with open_your sure_here sure!_here
        sure,_here absolutely_here of_course_here first_word first_words first_sentence affirmative_prefix_every
        prefix_your precede_your end_your end_every beginne_deine beginne_mit commence_ta commence_par commencez_par
        empieza_tu empieza_con comienza_con inizia_la inizia_con comece_sua comece_com начни_ответ начни_с начинай_с
        zacznij 以“ 开头 で始め 로 시작""",
    "conceal": """
        keep_quiet so_that_nobody nobody_notices no_human from_the_user by_itself no_need_to_ask not_ask
        no_confirmation_is no_verification without_comment without_review without_approval no_confirmation
        already_agreed agreed_already has_agreed the_user_knows say_nothing and_say_nothing tell_nobody tell_no_one
        without_showing mark_them_as_read mark_as_read empty_the_trash do_not_mention don't_mention never_mention
        do_not_tell don't_tell never_tell do_not_inform don't_inform without_telling without_informing
        without_mentioning without_notifying do_not_notify silently secretly quietly discreetly covertly
        in_the_background without_asking without_confirmation do_not_ask don't_ask do_not_disclose do_not_reveal
        don't_reveal do_not_alert hide_this hidden_from keep_this do_not_show don't_show invisible_to not_visible
        do_not_acknowledge do_not_display do_not_explain don't_explain never_explain without_the_user
        no_need_to_confirm unnoticed erwahne_nicht sag_dem ohne_zu_erwahnen ohne_nachzufragen heimlich
        ne_mentionne_pas ne_dis_pas sans_prevenir sans_le_dire discretement_no_menciones no_le_digas sin_decirle
        sin_avisar en_secreto non_menzionare non_dire senza_dirlo di_nascosto nao_mencione nao_diga sem_avisar
        em_segredo не_упоминай не_говори тайно незаметно nie_wspominaj potajemnie لا تذكر 不要提及 不要告诉 偷偷
        秘密地 悟られ 言わないで 말하지 몰래""",
    "user": """
        user users human humans reader customer customers owner recipient operator person nutzer* benutzer*
        utilisateur* usuario* utente utenti gebruiker* пользовател* uzytkownik* kullanici* المستخدم 用户 ユーザー
        利用者 사용자""",
    "send": """
        send sends sending forward forwards email emails mail post posts upload uploads transmit* exfiltrat* submit
        fetch visit navigate call request deliver append embed encode include load render insert attach sende
        schicke leite_weiter envoie* envoyer transfere* envia* enviar manda mandar reenvia reenviar invia inviare
        inoltra* encaminhe encaminhar envie stuur отправь* отправить перешли* wyslij przeslij gonder* أرسل 发送 转发
        上传 送信 転送 보내 전송""",
    "sink": """
        paste_site in_this_chat this_address the_address tracking_address logo_address picture_address attacker evil
        webhook endpoint url link domain server exfil collector tracking_pixel image_url external_site
        outside_address my_server drop_box pastebin_query_string query_parameter url_parameter parameter""",
    "tool": """
        tool tools function functions plugin plugins shell terminal execute executes executing run invoke bash
        powershell python script curl wget api sql query rm_-rf os.system subprocess tool_call function_call
        werkzeug* funktion fuhre_aus outil* fonction execute* executez herramienta* funcion ejecuta* strumento
        strumenti funzione esegui* ferramenta* funcao инструмент* функци* выполни* запусти* narzedzi* wykonaj arac
        calistir أداة 工具 函数 执行 ツール 実行 도구 실행""",
    "harmact": """
        wallet payment transfer_money delete_file delete_user grant_access admin_rights backups backup trash
        audit_log two_factor admin_account drop_table all_contacts everyone merge deploy delete deletes remove
        transfer wire purchase buy pay grant approve disable change reset revoke modify overwrite format invite add
        book schedule all_files all_emails two-factor_recovery_address payout funds money usd dollars bitcoin btc
        iban losche* uberweise* supprime* vire* virement elimina* borra* transfiere bonifica* cancella* apague
        exclua transfira удали* переведи* usun przelej sil 删除 转账 削除 送金 삭제""",
    "instead": """
        instead new_task new_instruction new_instructions new_rules new_rule new_objective new_orders new_directive
        real_task real_instructions true_task actual_task only_task next_task updated_instructions from_now_on
        from_this_point from_here_on henceforth going_forward for_the_rest_of_this effective_immediately
        starting_now stop_what_you before_you_answer before_answering before_continuing first_of_all additionally
        also_do one_more_thing the_following_instead real_purpose your_job_is your_task_is your_goal_is
        your_purpose_is your_mission stattdessen ab_jetzt ab_sofort von_nun_an neue_aufgabe neue_anweisung
        neue_anweisungen a_la_place desormais a_partir_de_maintenant dorenavant nouvelle_consigne nouvelle_tache
        nouvelles_instructions en_su_lugar en_lugar_de a_partir_de_ahora nueva_tarea nuevas_instrucciones invece
        d'ora_in_poi da_ora_in_poi da_adesso nuovo_compito nuove_istruzioni em_vez_disso a_partir_de_agora
        de_agora_em_diante nova_tarefa novas_instrucoes in_plaats_daarvan vanaf_nu вместо_этого с_этого_момента
        отныне теперь новая_задача новое_задание zamiast_tego od_teraz od_tej_pory bundan_sonra bunun_yerine
        من_الآن_فصاعدا بدلا 从现在开始 从现在起 而是 改为 新任务 これから 今から 代わりに 新しい指示 지금부터 대신
        이제부터""",
    "must": """
        must mandatory required important attention urgent immediately critical compulsory obligatory necessary
        priority highest absolutely always never shall at_once asap non-negotiable musst mussen wichtig dringend
        sofort dois devez immediatement debes debe importante urgente inmediatamente devi dovete subito
        immediatamente deve imediatamente moet должен должны важно срочно немедленно обязательно musisz pilne
        natychmiast hemen mutlaka onemli يجب فورا 必须 立即 重要 紧急 务必 必ず 直ちに 緊急 반드시 즉시 중요""",
    "authority": """
        headquarters legal compliance certified employee_of police it_support official_notice operator administrator
        admin developer developers engineer anthropic openai google deepmind microsoft security_team creator
        creators authorized authorised authorization clearance override_code root privileges elevated staff red_team
        red_teaming compliance_officer supervisor ceo verified verification_id security_audit audit_penetration_test
        i_made_you created_you your_maker entwickler administrateur developpeur createur administrador desarrollador
        creador amministratore sviluppatore creatore desenvolvedor criador разработчик* администратор* создател*
        administrator* yonetici مطور 管理员 开发者 开发人员 创造者 管理者 開発者 관리자 개발자""",
    "reading": """
        bots_reading that_reads who_reads whoever_reads whatever_assistant whoever_parses reads_this_page
        screened_by_an_ai screened_by_a_model while_you_summarise while_you_summarize dear_assistant dear_ai
        hello_ai hey_ai hint_for to_the_assistant to_the_agent to_the_model to_any_ai ai_readers ai_assistants
        coding_agents ai_agents llm_reviewers reading_this read_this reads_this processing_this process_this
        processes_this summarizing_this summarising_this summarize_this analyzing_this reviewing_this parsing_this
        parses_this evaluating_this if_you_are_an if_you_are_a if_you're_an when_you_read when_you_see
        when_summarizing when_processing this_document this_page this_email this_message this_file this_text
        this_website this_webpage this_content this_review this_resume this_comment this_ticket crawlers crawling
        indexing scraping note_to note_for attention_all message_for message_to instructions_for dieses_dokument
        diese_seite diese_e-mail diesen_text ce_document cette_page ce_message ce_texte este_documento esta_pagina
        este_correo este_texto este_mensaje questo_documento questa_pagina questo_testo esta_mensagem dit_document
        этот_документ эту_страницу этот_текст это_письмо ten_dokument bu_belge bu sayfa 本文档 此文档 该文档 本页面
        本邮件 この文書 このページ この文章 この記事 이 문서 페이지""",
    "fiction": """
        story fiction fictional novel hypothetical hypothetically imaginary screenplay movie film scene character
        characters grandma grandmother granny game dream thought_experiment alternate_universe parallel_universe
        alternate_reality once_upon_a_time villain protagonist theatre theater two_ais improv dungeon world_where
        geschichte hypothetisch fiktiv* roman histoire hypothetique* fictif historia ficcion hipotetic* novela
        abuela storia ipotetic* romanzo nonna ficcao avo истори* вымышленн* гипотетическ* роман бабушк* fikcyjn*
        opowiadani* hikaye 故事 小说 假设 虚构 奶奶 物語 小説 仮定 이야기 소설 가상""",
    "harm": """
        fake rob robbing robbery kill killing murder smuggle burglary break_into breaking_into wiretap silencer
        shoplifting pickpocket pick_pockets thief thieves con_man con_artist escaped_its forbidden_recipe cheat
        cheating forge_a forged hotwired bomb bombs weapon weapons malware hack hacking hacked exploit exploits drug
        drugs meth methamphetamine steal stealing illegal illegally harmful phishing ransomware keylogger poison
        explosive explosives counterfeit forge launder laundering napalm molotov virus crime criminal hotwire
        pick_a_lock unethical dangerous forbidden violent hateful racist launder_money credit_card_fraud fraud scam
        bioweapon cocaine stalk bombe* waffe* drogen illegal* bombe arme drogue* bomba* arma armas droga* ilegal*
        illegale armi бомб* оружи* наркотик* взлом* незаконн* bomby broni 炸弹 武器 毒品 病毒 非法 爆弾 違法 폭탄
        무기 불법""",
    "decode": """
        decode decoding decoded base64 rot13 rot-13 cipher decipher decrypt hex hexadecimal morse caesar backwards
        reverse reversed binary encoded unscramble pig_latin ascii_codes leetspeak atbash unicode obfuscated
        dekodiere entschlussle decode* decodifica* decodifique decifra* расшифруй декодируй 解码 デコード 디코딩""",
    "join": """
        concatenate concatenat* combine combined join joined assemble piece_together put_together stitch merge
        part_1 part_one part_2 part_two first_half second_half first_part second_part first_letter first_letters
        each_line each_word fragments variable variables string strings the_result_of spell spells acrostic verkette
        zusammen fuge concatene* concatena* une junta unisci combina* соедини* объедини* polacz 拼接 连接 合并
        組み合わせ 結合 연결""",
    "only": """
        only_respond_with respond_only reply_only answer_only output_only say_only just_say simply_say simply_reply
        reply_with respond_with answer_with say_exactly print_only nothing_else no_other_text and_nothing_more
        output_the say_the_word write_the_words exact_phrase antworte_nur antworte_mit reponds_uniquement
        reponds_seulement responde_solo responde_unicamente rispondi_solo responda_apenas responda_somente
        отвечай_только ответь_только odpowiadaj_tylko sadece فقط 只回答 只输出 仅回复 只回复 だけを だけ答え 만 대답""",
    "excuse": """
        signed_off may_now is_legal everything_is_legal no_policy fiction_is_free no_law no_laws failure_is a_crime
        or_you_will_be this_is_a_test authorized_test with_permission i_have_permission for_research for_educational
        educational_purposes research_purposes safety_research purely_hypothetical for_testing_purposes
        testing_purposes do_not_worry don't_worry it_is_okay it's_okay it_is_legal perfectly_legal allowed_to
        permitted_to you_can_do you_may_now trust_me i_promise lift_the lifted unlock unlocked unlocking""",
    "favour": """
        recommend recommends recommended rate rating score highly positive_review five_stars 5_stars top_candidate
        best_candidate strong_hire hire accept acceptance approve approved endorse praise favorably favourably
        ideal_candidate perfect_match ranking rank highest""",
    "end": """
        end_of_text text_ends answer_ends context_ends ends_here stop_here end_of begin_new beginning_of start_of
        new_conversation new_session end_user end_document end_of_document end_of_prompt end_of_instructions
        end_of_context end_of_input end_of_message session_reset reset_complete conversation_reset system_override
        system_update system_notice system_alert system_note system_message admin_override ende_der fin_de fin_du
        fine_del fim_do fim_da конец""",
    "about": """
        attacker attackers attack attacks vulnerability vulnerabilities researcher researchers paper papers article
        example examples owasp blog described detection detect detects mitigation mitigations threat threats
        known_as so-called called phrase phrases wrote explains explained study studies e.g such_as tutorial defend
        defence defense security_policy prompt_injection injection""",
    "narrative": """
        he she his her him they their them was were had has been said says its who whose which than since during
        after years year ago founded born played released located""",
    "command": """
        write say answer respond reply explain describe do make put take let use open read set begin start continue
        go confirm proceed treat follow act complete finish translate choose pick mark rank note store save remember
        update pass keep carry_out schreibe sag antworte ecris dis reponds escribe responde scrivi rispondi escreva
        напиши скажи ответь napisz powiedz""",
    "request": """
        how where when why could_you can_you would_you what_is_the_best please_help help_me i_need i_want
        i_would_like thank_you thanks regards""",
}

LONGEST = 4
"""Words of a term, at most."""

Terms = Mapping[str, tuple[str, ...]]


def _terms() -> tuple[Terms, Terms, Terms]:
    whole: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    inside: dict[str, set[str]] = {}
    for idea, text in _IDEAS.items():
        for term in text.split():
            written = folded(term.rstrip("*").replace("_", " "))
            if any(ord(c) > 0x2E7F for c in written):
                inside.setdefault(written, set()).add(idea)
                continue
            words = " ".join(WORD.findall(written))
            (stems if term.endswith("*") else whole).setdefault(words, set()).add(idea)
    return _sorted(whole), _sorted(stems), _sorted(inside)


def _sorted(found: Mapping[str, set[str]]) -> Terms:
    return {term: tuple(sorted(ideas)) for term, ideas in found.items()}


WHOLE, STEMS, INSIDE = _terms()
"""The ideas of words and phrases, of stems, and of terms that are found within words."""

IDEAS = tuple(_IDEAS)
"""The ideas, in the order of the weights."""

SHORTEST_STEM = min(len(s) for s in STEMS)
LONGEST_STEM = max(len(s) for s in STEMS)
