extension TableDescriptions {
    static let questions = [
        DocumentedTable(
            "machine_host_key_sightings", .derived, "every SSH host key that a machine has ever shown",
            [
                "machine_id": machineID, "type": "as ssh-ed25519", "fingerprint": "as ssh-keygen -l prints it",
                "public_key": "base64", "first_received_at": "when the hub first heard of it",
            ]),
        DocumentedTable(
            "host_key_approvals", .operator, "SSH host keys that an operator vouches for",
            [
                "machine_id": machineID, "type": "as ssh-ed25519", "fingerprint": "as ssh-keygen -l prints it",
                "approved_at": "when", "approved_by": "by whom",
            ]),
        DocumentedTable(
            "apt_reboots", .derived, "whether a machine wants a reboot, and why",
            [
                "machine_id": machineID, "required": "1 where a reboot is required",
                "packages_json": "packages that asked for it", "running_kernel": "release of the running kernel",
                "newest_kernel": "release of the newest installed kernel",
                "services_json": "services that still use deleted files",
            ]),
        DocumentedTable(
            "event_feed", .observed, "the newest 100,000 events in the order in which they were entered",
            [
                "entry": "number that only grows, and is never used again", "machine_id": machineID,
                "event_id": "the event: machine_events.event_id",
            ]),
    ]
}
