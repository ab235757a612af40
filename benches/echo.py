"""A bare FastAPI page, and an echo of JSON, in a process of its own, which prints its address: `python -m benches.echo`."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    """The least that a page can be, run in a thread like ours."""
    return "<!doctype html><title>echo</title><p>echo"


@app.post("/echo")
async def echo(body: dict[str, Any]) -> dict[str, Any]:
    """The least that an endpoint with JSON in and out can be."""
    return body


if __name__ == "__main__":
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(2048)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])
