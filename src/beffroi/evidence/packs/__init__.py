"""Evidence packs: what is handed over for a requisition, sealed so that anybody can check it. See `ref/pack.md`."""
