"""The engine on DuckDB: locked down, read-only towards production, few passes."""
