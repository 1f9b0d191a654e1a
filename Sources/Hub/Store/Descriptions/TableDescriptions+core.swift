extension TableDescriptions {
    static let core = [
        DocumentedTable(
            "schema_migrations", .observed, "steps of the schema that this database has taken",
            ["version": "number of the step", "name": "what it is called", "applied_at": "when it was taken"]),
        DocumentedTable(
            "machines", .observed,
            "enrolled machines, and who they are by their newest snapshots; the newest contact stands in machine_state",
            [
                "id": "the hub's own number of the machine",
                "machine_uuid": "the id that the machine was given at enrolment",
                "created_at": "first enrolment",
                "agent_version": "version of its vigie-agent",
                "hostname": "host name in its newest snapshot",
                "machine_id_hint": "keyed hash of /etc/machine-id; equal ones are copies of each other",
                "product_uuid_hint": "keyed hash of the DMI product UUID",
                "boot_id": "the kernel's id of its current boot",
                "clone_suspected_at": "when two machines were seen to use this identity",
                "requested_kinds": "kinds that it is asked to send in full, separated by spaces",
                "split_at": "when a copy of it was last split off; see machine_boots",
            ]),
        DocumentedTable(
            "machine_settings", .operator, "what operators set for a machine",
            [
                "machine_id": machineID, "name": "its name on this hub, unique",
                "retired_at": "when it was retired; no alarm since then", "notes": "free text",
            ]),
        DocumentedTable(
            "machine_tags", .operator, "tags that operators gave; automatic ones stand in machine_automatic_tags",
            ["machine_id": machineID, "tag": "the tag"]),
        DocumentedTable(
            "machine_credentials", .operator, "hashes of machines' tokens; not readable by vigie sql",
            [
                "token_hash": "SHA-256 of the token", "machine_id": machineID, "created_at": "when it was enrolled",
                "revoked_at": "when it stopped to count", "revoked_reason": "why",
            ]),
        DocumentedTable(
            "enrollment_tokens", .operator, "tokens that enrol machines; not readable by vigie sql",
            [
                "id": "number for `vigie-hub enrollment revoke`", "token_hash": "SHA-256 of the token",
                "created_at": "when it was made", "expires_at": "when it stops to count",
                "uses_left": "machines that it can still enrol", "uses_total": "machines that it was made for",
                "tags": "tags that its machines get", "for_machine_id": "the machine whose identity it gives again",
                "revoked_at": "when an operator ended it", "last_used_at": "last enrolment with it",
            ]),
        DocumentedTable(
            "api_clients", .operator, "programs and people that may ask; not readable by vigie sql",
            [
                "id": "number of the client", "name": "its name, unique", "token_hash": "SHA-256 of its token",
                "scope": "read, operate or admin", "created_at": "when it was made",
                "expires_at": "when it stops to count", "revoked_at": "when an operator ended it",
                "last_seen_at": "its last request",
            ]),
        DocumentedTable(
            "audit_log", .observed, "who did what, append-only",
            [
                "id": "number of the entry", "at": "when", "actor": "client or user who did it",
                "action": "what was done", "subject": "to whom or what", "detail": "more about it",
            ]),
        DocumentedTable(
            "app_settings", .operator, "settings of the hub",
            ["name": "the setting", "value": "its value", "updated_at": "when it was last changed"]),
    ]

    static let archive = [
        DocumentedTable(
            "snapshots", .observed, "the archive: every snapshot as it was received",
            [
                "id": "number in the order of arrival",
                "machine_id": machineID,
                "snapshot_uuid": "the agent's id of the snapshot",
                "kind": "hardware, metrics, apt, docker, or one of a newer agent",
                "schema_version": "version of the payload's schema",
                "sequence": "the agent's number; only grows",
                "boot_id": "the kernel's id of the boot",
                "collected_at": "when the agent collected it, by its clock",
                "received_at": "when the hub received it",
                "effective_at": "the earlier of the two; orders a machine's snapshots",
                "collection_status": "ok, partial or failed",
                "result": "derived, unchanged, stale, held or failed",
                "payload_digest": "SHA-256 of the payload's bytes",
                "same_as": "the snapshot that carried an equal payload",
                "body_digest": "SHA-256 of the inflated bytes",
                "inflated_bytes": "their number",
                "body": "the bytes as received, gzip",
            ]),
        DocumentedTable(
            "quarantine", .observed, "refused bodies, bounded; not readable by vigie sql",
            [
                "id": "number of the entry", "machine_id": machineID, "received_at": "when it came",
                "status": "HTTP status of the answer", "code": "code of the answer", "reason": "what was wrong",
                "body_bytes": "length of the whole body", "body": "its beginning, as received",
            ]),
    ]
}
