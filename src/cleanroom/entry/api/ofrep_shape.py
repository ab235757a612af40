"""How do the requests and answers of OFREP look, for the OpenAPI document? The endpoints read JSON by themselves."""

from __future__ import annotations

from typing import Any

from cleanroom.entry.api.problems import MEDIA

_CODES = ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"]
_METADATA = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "number"}]},
}
_REASON = {"type": "string", "enum": ["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "STALE"]}
_SUCCESS = {
    "type": "object",
    "required": ["key", "value", "reason", "variant", "metadata"],
    "properties": {
        "key": {"type": "string"},
        "value": {},
        "reason": _REASON,
        "variant": {"type": "string"},
        "metadata": _METADATA,
    },
    "example": {
        "key": "checkout",
        "value": "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        "reason": "SPLIT",
        "variant": "candidate",
        "metadata": {"arm": "candidate", "hash": "flagd-2"},
    },
}


def _failure(codes: list[str], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [*required, "errorCode", "errorDetails"],
        "properties": {
            "key": {"type": "string"},
            "errorCode": {"type": "string", "enum": codes},
            "errorDetails": {"type": "string"},
            "reason": {"type": "string", "enum": ["ERROR"]},
            "variant": {"type": "string"},
            "metadata": _METADATA,
        },
    }


def _answer(description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"description": description}
    return said if schema is None else {**said, "content": {"application/json": {"schema": schema}}}


def _either(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What the protocol has, or a problem where the address or the host was refused before it came there."""
    said = _answer(description, schema)
    said["content"][MEDIA] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return said


def _refusals(required: list[str]) -> dict[str, Any]:
    """Never 429: a client that is told to wait would miss a kill."""
    general = _failure(["GENERAL"], required)
    return {
        "401": _answer("No token, or one that lets nobody in.", general),
        "403": _answer("The token lacks the scope `flags`.", general),
        "413": _answer("The body is larger than 1 MiB."),
        "503": _answer("The ledger was never read.", general),
    }


SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"apiKey": []}, {"session": []}]
"""How those who ask flags may prove who they are."""

API_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": "X-API-Key",
    "description": "The same token, as OFREP clients may send it.",
}
"""The scheme `apiKey`."""

_BODY = {
    "required": False,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "context": {
                        "type": ["object", "null"],
                        "properties": {"targetingKey": {"type": "string", "description": "The user, order or shop."}},
                        "additionalProperties": True,
                    }
                },
                "example": {"context": {"targetingKey": "user-1", "region": "eu"}},
            }
        }
    },
}
_STREAMS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["type", "endpoint"],
        "properties": {
            "type": {"type": "string", "const": "sse"},
            "endpoint": {"type": "object", "properties": {"requestUri": {"type": "string"}}},
        },
    },
}
_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "Another one exactly where an answer differs."}}

_KEY = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}

_ONE: dict[str, Any] = {
    "tags": ["OpenFeature"],
    "summary": "Evaluate one flag for a context.",
    "operationId": "evaluate_one",
    "security": SECURITY,
    "parameters": [_KEY],
    "requestBody": _BODY,
    "responses": {
        "200": _answer("The value, and why.", _SUCCESS),
        "400": _either("The safe variant is to be served: it is the caller's default.", _failure(_CODES, ["key"])),
        "404": _answer("There is no such flag.", _failure(["FLAG_NOT_FOUND"], ["key"])),
        **_refusals(["key"]),
    },
}

_ALL: dict[str, Any] = {
    "tags": ["OpenFeature"],
    "summary": "Evaluate all flags for a context; 304 as long as no answer differs.",
    "operationId": "evaluate_all",
    "security": SECURITY,
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "schema": {"type": "string"},
            "description": "The tag of the answer that is there already.",
        },
        {
            "name": "flagConfigEtag",
            "in": "query",
            "schema": {"type": "string"},
            "description": "The tag that an event named; a server that has not heard of it looks at its ledger first.",
        },
    ],
    "requestBody": _BODY,
    "responses": {
        "200": {
            **_answer(
                "All flags.",
                {
                    "type": "object",
                    "required": ["flags", "eventStreams"],
                    "properties": {
                        "flags": {"type": "array", "items": {"anyOf": [_SUCCESS, _failure(_CODES, ["key"])]}},
                        "eventStreams": _STREAMS,
                    },
                },
            ),
            "headers": _ETAG,
        },
        "304": {**_answer("No answer differs from those of the tag that was sent."), "headers": _ETAG},
        "400": _either("The request cannot be read.", _failure(_CODES, [])),
        **_refusals([]),
    },
}

ONE_FLAG, ALL_FLAGS = "/ofrep/v1/evaluate/flags/{key:path}", "/ofrep/v1/evaluate/flags"
"""The addresses of the evaluation."""

PATHS: dict[str, Any] = {"/ofrep/v1/evaluate/flags/{key}": {"post": _ONE}, ALL_FLAGS: {"post": _ALL}}
"""The evaluation in the OpenAPI document."""

STREAM: dict[str, Any] = {
    "security": [*SECURITY, {}],
    "responses": {
        "200": {
            "description": "Events named `message`; the id is the tag of all flags.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'id: "1f0c"\nevent: message\ndata: {"type": "refetchEvaluation", "etag": "1f0c"}\n\n',
                }
            },
        },
        **_refusals([]),
    },
}
"""GET /ofrep/v1/events."""
