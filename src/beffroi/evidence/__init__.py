"""Evidence: spans of footage kept beyond their retention. Requisitions and packs will stand on it."""
