"""The page of ssm-search: the same answers in a browser, over HTTP and over MCP."""
