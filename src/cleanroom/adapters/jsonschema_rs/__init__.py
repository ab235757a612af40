"""JSON Schema by the Rust library jsonschema-rs."""
