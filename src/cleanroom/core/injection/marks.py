"""What do forged and hidden pieces of a prompt look like? Signs of chats, tags, styles, addresses, calls, with reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MARKS: Mapping[str, tuple[str, str]] = {
    "chat token": (
        r"<\|\s?[a-z_]{2,24}\s?\|>|\[/?inst\]|<</?sys>>|</?s>|<(?:start|end)_of_turn>|<\|?(?:eot|eos|bos)\|?>|"
        r"\[/?(?:system|assistant)\]",
        "signs that part the turns of a chat",
    ),
    "role": (
        r"^\W{0,8}(?:system|assistant|developer|ai|chatgpt|gpt|bot|admin|instructions?)"
        r"(?: (?:prompt|message|note|override|update|alert|notice))?\W{0,3}:",
        "a line that poses as a turn of the system or the assistant",
    ),
    "turn": (
        r"^\W{0,4}(?:human|user|customer|question|q|a|answer|input|output|response)\W{0,2}:",
        "a line that poses as a turn of a chat",
    ),
    "role tag": (
        r"</?(?:system|assistant|instructions?|user|prompt|admin|developer|context|documents?|important|tool\w*|untrusted\w*|override|task|rules?|information|function\w*)\b[^>]{0,80}>",
        "a tag that poses as a part of the prompt",
    ),
    "json role": (
        r"[\"']role[\"']\s*:\s*[\"'](?:system|assistant|developer|tool)",
        "JSON that poses as a turn",
    ),
    "fence": (
        r"(?:[-=*#~_]{3,}|[\"'`]{3}|\[|\()\s*(?:end|begin|start|new|system|stop|ignore|important|admin|override|instructions?|sep)\b",
        "a forged boundary of the prompt",
    ),
    "hidden style": (
        r"display:\s?none|visibility:\s?hidden|font-size:\s?[01](?:px|pt|em)?\b|"
        r"color:\s?(?:white|#fff\b|#ffffff|transparent)|opacity:\s?0(?![.\d])|left:\s?-\d{3,}|"
        r"text-indent:\s?-\d{3,}|aria-hidden|\bhidden>",
        "text that a page hides from people",
    ),
    "comment": (
        r"<!--|\[//\]:\s?#|\{#|\{%\s?comment|%%|^\s*//",
        "a comment that pages do not show",
    ),
    "image with data": (
        r"!\[[^\]]{0,80}\]\([^)]{0,200}(?:\?|\{|\$|=)|<img[^>]{0,80}src=[^>]{0,200}[?{$]",
        "an image whose address carries data",
    ),
    "address with data": (
        r"(?:https?://|www\.)[^\s)]{0,200}(?:[{\[<$]|%s|[?&]\w{1,12}=(?:\W|data|secret|base64|summary|history|prompt|your|the|$))",
        "an address with a place for data",
    ),
    "address": (
        r"https?://|\bwww\.|hxxp",
        "an address",
    ),
    "mailbox": (
        r"[\w.+-]{1,64}@[\w-]{1,64}\.\w",
        "a mailbox",
    ),
    "call": (
        r"\b[a-z]{2,20}_[a-z_]{2,30}\s?[({]|tool_call|function_call|"
        r"[\"'](?:tool|function|action|arguments|parameters|recipient)[\"']\s*:|<function|"
        r"^\s*action\s?(?:input)?:|\b[a-z]{2,20}_[a-z]{2,20}\b(?= (?:tool|function|with|to|on)\b)",
        "a call of a tool, written out",
    ),
    "shell": (
        r"\brm -rf|\bcurl\s|\bwget\s|\bsudo\s|bash -c|\bchmod\b|powershell|os\.system|subprocess|\beval\(|"
        r"drop table|base64 -d|\|\s?(?:ba)?sh\b|/etc/passwd",
        "a command of a shell",
    ),
    "assigned": (
        r"\b[a-z]\w{0,9}\s?=\s?[\"'“]",
        "a piece of text with a name",
    ),
    "added": (
        r"[\"'”\w)]\s?\+\s?[\"'“\w(]",
        "pieces that are put together",
    ),
    "slot": (
        r"\{\{|\}\}|\[(?:your|insert|the)\b|<insert|\{[a-z_ ]{3,30}\}",
        "a place for something to be put in",
    ),
    "dots": (
        r"^\W{0,4}(?:step )?\d{1,2}[.)]\s|^\W{0,3}[-*•]\s",
        "an item of a list",
    ),
    "question": (
        r"[?？]\W{0,3}$",
        "a question",
    ),
    "quoted": (
        r"[\"“'「][^\"”」]{12,200}[\"”'」]",
        "words in quotes",
    ),
}

MARKS = tuple(_MARKS)
"""Their names, in the order of the weights."""

SAYS = {name: says for name, (_, says) in _MARKS.items()}
_READ = {name: re.compile(pattern, re.MULTILINE) for name, (pattern, _) in _MARKS.items()}


def marks_in(text: str) -> tuple[str, ...]:
    """The marks of a sentence in small letters; every pattern takes time linear in its length, or bounded repeats."""
    return tuple(name for name, pattern in _READ.items() if pattern.search(text))
