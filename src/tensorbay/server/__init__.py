"""The server: an index of datasets behind the Open API."""
