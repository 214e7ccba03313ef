"""Pictures shown to a service of police or gendarmerie elsewhere (*déport*). Source: CSI L. 252-3."""
