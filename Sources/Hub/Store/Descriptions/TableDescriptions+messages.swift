extension TableDescriptions {
    static let messages = [
        DocumentedTable(
            "important_messages", .derived, "what is worth an operator's eye; from its beginning to its end",
            [
                "machine_id": machineID,
                "message_id": "hash of machine, category, code, component, severity and first snapshot",
                "source": "snapshot, or hub for what the hub itself observed; rederive makes the former only",
                "category": "the kind that shows it, or machine",
                "code": "as filesystem_full, package_broken, offline",
                "component": "what it is about: a mount point, a container, packages",
                "severity": "info, warning or critical; a change of it ends the message and begins another",
                "message": "what it said when it began; one sentence",
                "section": "JSON pointer of the section of the payload that shows it",
                "first_seen_at": "moment of the first snapshot that showed it",
                "first_sequence": "that snapshot's sequence number",
                "first_snapshot": "that snapshot",
                "last_seen_at": "moment of the last snapshot that showed it; null while it is open",
                "closed_at": "moment of the snapshot that showed it no more; null while it is open",
                "closed_sequence": "that snapshot's sequence number",
                "closed_snapshot": "that snapshot",
            ]),
        DocumentedTable(
            "message_acknowledgements", .operator, "messages that somebody has taken note of",
            [
                "machine_id": machineID, "category": "the message's", "code": "the message's",
                "component": "the message's", "severity": "the message's",
                "first_seen_at": "a moment at which the message was open: the message of that key and moment is meant",
                "acknowledged_at": "when", "acknowledged_by": "who", "note": "what they had to say",
            ]),
        DocumentedTable(
            "machine_boots", .observed, "boots that snapshots named; by them copies of a machine are told apart",
            [
                "machine_id": machineID, "boot_id": "the kernel's id of the boot",
                "first_seen_at": "when the first snapshot of it came",
                "superseded_at": "when another boot took its place",
                "returned_at": "when it reported again after another one had taken its place: a sign of a copy",
                "refused_at": "since when its snapshots are refused: machine split",
                "hostname": "the host's name then", "machine_id_hint": "keyed hash of its machine-id",
                "product_uuid_hint": "keyed hash of its DMI product UUID",
                "remote_address": "where it reported from",
            ]),
        DocumentedTable(
            "machine_clone_signs", .observed,
            "signs that two machines use one identity; two within hours are a suspicion",
            [
                "machine_id": machineID, "alternated_at": "when a boot last came back after another",
                "repeated_at": "when a sequence number last came again with another snapshot",
                "repeated_sequence": "the highest number then; what is not above it belongs to the same sign",
            ]),
        DocumentedTable(
            "tag_rules", .operator, "rules by which machines get automatic tags of the kind rule",
            [
                "id": "number of the rule", "tag": "the tag it gives",
                "expression": "which machines get it, as hostname like 'web-*'", "created_at": "when it was made",
                "created_by": "by whom",
            ]),
    ]
}
