"""From a raw HTTP request to a validated one, or to the error that the service would send."""
