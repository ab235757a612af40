"""What does an application embed? Flags evaluated in its own process, mappings behind them, outcomes on their way back.

    from cleanroom.entry.sdk import Sdk

    with Sdk("https://cleanroom.shop.example", token) as sdk:
        openfeature.api.set_provider(sdk.provider())
        done = sdk.mapping("checkout", by="user_id").apply(event)
        sdk.outcome(done.flag, done.variant, done.key, {"error": False})

docs/sdk.md has the whole of it. Needs the extra `sdk`.
"""

from cleanroom.entry.sdk.mapping import Applied, MappingOf
from cleanroom.entry.sdk.sdk import Sdk

__all__ = ["Applied", "MappingOf", "Sdk"]
