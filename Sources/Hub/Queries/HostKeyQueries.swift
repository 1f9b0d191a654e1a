import Contracts
import HubAPI
import Transport

/// `vigie host-keys`: the SSH host keys that machines show, and which of them a `known_hosts` file may have.
enum HostKeyQueries {
    static let list = Statement(
        "host_keys.list",
        """
        SELECT s.name AS machine, k.type, k.fingerprint, k.public_key, g.first_received_at, a.approved_at,
          a.approved_by,
          (SELECT min(x.first_received_at) FROM machine_host_key_sightings x WHERE x.machine_id = k.machine_id)
          AS machine_first_at,
          (SELECT count(*) FROM machine_host_key_sightings x WHERE x.machine_id = k.machine_id AND x.type = k.type)
          AS seen_of_type,
          (SELECT count(*) FROM host_key_approvals x WHERE x.machine_id = k.machine_id AND x.type = k.type)
          AS approved_of_type,
          \(UnknownParts.column(.hardware, "/ssh_host_keys", of: "k"))
        FROM machine_settings s CROSS JOIN machine_host_keys k
        LEFT JOIN machine_host_key_sightings g
          ON g.machine_id = k.machine_id AND g.type = k.type AND g.fingerprint = k.fingerprint
        LEFT JOIN host_key_approvals a
          ON a.machine_id = k.machine_id AND a.type = k.type AND a.fingerprint = k.fingerprint
        WHERE k.machine_id = s.machine_id AND \(MachineSelection.condition)
        ORDER BY s.name, k.type, k.fingerprint
        """)

    /// Host names; shared where another machine in service has the same, or is called so on the hub.
    static let hostnames = Statement(
        "host_keys.hostnames",
        """
        SELECT s.name AS machine, o.hostname AS other_name,
          CASE WHEN EXISTS (SELECT 1 FROM machine_os x JOIN machine_settings t ON t.machine_id = x.machine_id
            WHERE x.hostname = o.hostname AND x.machine_id <> o.machine_id AND t.retired_at IS NULL)
          OR EXISTS (SELECT 1 FROM machine_settings t WHERE t.name = o.hostname AND t.machine_id <> o.machine_id)
          THEN 1 ELSE 0 END AS shared
        FROM machine_settings s CROSS JOIN machine_os o
        WHERE o.machine_id = s.machine_id AND \(MachineSelection.condition)
        ORDER BY s.name
        """)

    static let addresses = Statement(
        "host_keys.addresses",
        """
        SELECT s.name AS machine, a.address AS other_name,
          CASE WHEN EXISTS (SELECT 1 FROM machine_addresses x JOIN machine_settings t ON t.machine_id = x.machine_id
            WHERE x.address = a.address AND x.machine_id <> a.machine_id AND t.retired_at IS NULL)
          OR EXISTS (SELECT 1 FROM machine_settings t WHERE t.name = a.address AND t.machine_id <> a.machine_id)
          THEN 1 ELSE 0 END AS shared
        FROM machine_settings s CROSS JOIN machine_addresses a
        WHERE a.machine_id = s.machine_id AND \(MachineSelection.condition)
          AND coalesce(a.scope, 'global') NOT IN ('link', 'host')
        ORDER BY s.name, a.family, a.address
        """)

    static let all = [list, hostnames, addresses]

    static func list(
        _ connection: any SQLConnection, _ selection: MachineSelection, status: HostKeyStatus? = nil, limit: Int
    ) throws -> ListAnswer<HostKeyAnswer> {
        var items: [HostKeyAnswer] = []
        try connection.each(list, selection.values) { row in
            guard let key = key(row) else { return true }
            if status == nil || key.status == status { items.append(key) }
            return items.count <= limit
        }
        var answer = ListAnswer(items: items, limit: limit)
        answer.notices = try UnknownParts.notices(
            connection, .hardware, "/ssh_host_keys", what: "host keys", of: selection)
        guard let first = answer.items.first?.machine, let last = answer.items.last?.machine else { return answer }
        let names = try names(connection, selection.between(first, last))
        for index in answer.items.indices {
            let own = names[answer.items[index].machine] ?? Names()
            let machine = answer.items[index].machine
            answer.items[index].names = (KnownHostName.isUsable(machine) ? [machine] : []) + own.usable
            answer.items[index].withheldNames = (KnownHostName.isUsable(machine) ? [] : [machine]) + own.withheld
        }
        return answer
    }

    private struct Names {
        var usable: [String] = []
        var withheld: [String] = []
    }

    /// Host names and addresses by machine, besides the machine's own name.
    private static func names(
        _ connection: any SQLConnection, _ selection: MachineSelection
    ) throws -> [String: Names] {
        var found: [String: Names] = [:]
        for statement in [hostnames, addresses] {
            for row in try connection.rows(statement, selection.values) {
                guard let machine = row.text("machine"), let name = row.text("other_name"), name != machine,
                    found[machine]?.usable.contains(name) != true, found[machine]?.withheld.contains(name) != true
                else { continue }
                if row.flag("shared") == false, KnownHostName.isUsable(name) {
                    found[machine, default: Names()].usable.append(name)
                } else {
                    found[machine, default: Names()].withheld.append(name)
                }
            }
        }
        return found
    }

    private enum Position {
        static let machine = 0, type = 1, fingerprint = 2, publicKey = 3, firstReceived = 4, approvedAt = 5
        static let approvedBy = 6, machineFirst = 7, seenOfType = 8, approvedOfType = 9, unknownSince = 10
    }

    private static func key(_ row: SQLRowReader) -> HostKeyAnswer? {
        guard let machine = row.text(Position.machine), let type = row.text(Position.type),
            let fingerprint = row.text(Position.fingerprint), let publicKey = row.text(Position.publicKey)
        else { return nil }
        var key = HostKeyAnswer(
            machine: machine, type: type, fingerprint: fingerprint, publicKey: publicKey, status: .invalid)
        func time(_ position: Int) -> Timestamp? { row.integer(position).map { Timestamp(milliseconds: $0) } }
        key.firstSeenAt = time(Position.firstReceived)
        key.approvedAt = time(Position.approvedAt)
        key.approvedBy = row.text(Position.approvedBy)
        key.unknownSince = time(Position.unknownSince)
        if isSound(type: type, fingerprint: fingerprint, publicKey: publicKey) {
            key.status = status(
                isApproved: key.approvedAt != nil, approvedOfType: row.integer(Position.approvedOfType) ?? 0,
                seenOfType: row.integer(Position.seenOfType) ?? 0,
                isFirst: key.firstSeenAt != nil && key.firstSeenAt == time(Position.machineFirst))
        }
        return key
    }

    /// A key is trusted where an operator says so, or where it is of the first that the machine ever showed and no
    /// operator has approved another of its type. What comes later waits for an operator.
    static func status(
        isApproved: Bool, approvedOfType: Int64, seenOfType: Int64, isFirst: Bool
    ) -> HostKeyStatus {
        if isApproved { return .approved }
        if isFirst, approvedOfType == 0 { return .firstSeen }
        return approvedOfType > 0 || seenOfType > 1 ? .changed : .added
    }

    /// Machines choose these texts: what is no key of this type and fingerprint must not get into a file.
    static func isSound(type: String, fingerprint: String, publicKey: String) -> Bool {
        let isPlain = { (text: String) in text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
        guard isPlain(type), isPlain(publicKey), let found = SSHFingerprint.of(type: type, base64: publicKey) else {
            return false
        }
        return found == fingerprint
    }
}

/// What may stand as a name in `known_hosts` (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
enum KnownHostName {
    /// Letters, digits and what names and addresses have besides. Everything else separates, negates, matches or hashes
    /// there: a machine that calls itself `*` would vouch for every other.
    static func isUsable(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != 0x2D else { return false }
        return name.utf8.count <= 255
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: true
                default: false
                }
            }
    }
}
