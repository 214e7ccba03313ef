"""ONVIF: what cameras are asked besides pictures. SOAP is spoken by a child; the node's own process never loads it."""
